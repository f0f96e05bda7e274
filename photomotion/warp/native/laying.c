/* Laying people into the picture, and what is behind them around them: as in laying.py. */
#include "native.h"

/* Places of nodes beside each other as whole numbers, in the table. */
static ALWAYS_INLINE void place_nodes(int *restrict node, const float *restrict place, int count, const Table table)
{
    for (int i = 0; i < count; i++) {
        node[2 * i] = whole(place[2 * i] * table.scale + table.x);
        node[2 * i + 1] = whole(place[2 * i + 1] * table.scale + table.y);
    }
}

/* Where the cells between nodes begin in a row of pixels, and what is added from pixel to pixel; x and y of each.

   below: of the way from the upper nodes to the lower ones; in: px of a cell's first pixel to the right of its nodes.
 */
static ALWAYS_INLINE void between_nodes(int *restrict begin, int *restrict change, const int *restrict upper,
                                        const int *restrict lower, int cells, float below, float in, float step)
{
    const float part = 1.0f / step;
    for (int i = 0; i < 2 * cells + 2; i++)
        begin[i] = upper[i] + (int)((float)(lower[i] - upper[i]) * below);
    for (int i = 0; i < 2 * cells; i++) {
        const float slope = (float)(begin[i + 2] - begin[i]) * part;
        change[i] = (int)slope;
        begin[i] += (int)(slope * in);
    }
}

/* Pixels beside each other, from places that go on evenly. */
static ALWAYS_INLINE void read_cell(uint32_t *restrict pixel, const Table table, int x, int y, int dx, int dy,
                                    int count)
{
    if (inside(table, x, y) & inside(table, x + dx * (count - 1), y + dy * (count - 1)))
        for (int i = 0; i < count; i++)
            pixel[i] = read_inside(table, x + i * dx, y + i * dy);
    else
        for (int i = 0; i < count; i++)
            pixel[i] = read_anywhere(table, x + i * dx, y + i * dy);
}

/* Put down what was read, as three colours and an opacity. */
static ALWAYS_INLINE void put(uint8_t *restrict colours, uint8_t *restrict opacity, const uint8_t *restrict pixel,
                              int count)
{
    for (int i = 0; i < count - 1; i++)
        memcpy(colours + 3 * i, pixel + 4 * i, 4); /* the fourth byte is written over by the next pixel */
    memcpy(colours + 3 * (count - 1), pixel + 4 * (count - 1), 3);
    for (int i = 0; i < count; i++)
        opacity[i] = pixel[4 * i + 3];
}

FOR_EVERY_PROCESSOR static int lay_rows(uint8_t *picture, uint8_t *opacity, int width, Box box, const Nodes nodes,
                                        const Table table)
{
    /* Nodes are in the middle of their step: the first pixel to the right of one, or below it, is so far into it. */
    const int step = nodes.step, half = step / 2;
    const float in = step % 2 ? 0.0f : 0.5f;
    const int first = (box.left + step - half) / step, cells = (box.right - 1 + step - half) / step - first + 1;
    const int before = box.left - ((first - 1) * step + half);
    const size_t wide = 2 * ((size_t)cells + 1);
    int *begin = PyMem_RawMalloc((4 * wide + (size_t)cells * (size_t)step) * sizeof(int));
    if (!begin)
        return -1;
    int *change = begin + wide, *upper = change + wide, *lower = upper + wide;
    uint32_t *pixels = (uint32_t *)(lower + wide);
    for (int y = box.top, last = -1; y < box.bottom; y++) {
        const int row = (y + step - half) / step;
        if (row != last) {
            const float *place = nodes.places + 2 * ((Py_ssize_t)row * nodes.columns + first);
            place_nodes(upper, place, cells + 1, table);
            place_nodes(lower, place + 2 * nodes.columns, cells + 1, table);
            last = row;
        }
        const float below = ((float)(y - (row - 1) * step - half) + in) / (float)step;
        between_nodes(begin, change, upper, lower, cells, below, in, (float)step);
        for (int i = 0; i < cells; i++)
            read_cell(pixels + i * step, table, begin[2 * i], begin[2 * i + 1], change[2 * i], change[2 * i + 1], step);
        const Py_ssize_t at = (Py_ssize_t)y * width + box.left;
        put(picture + 3 * at, opacity + at, (const uint8_t *)(pixels + before), box.right - box.left);
    }
    PyMem_RawFree(begin);
    return 0;
}

static void compose_rows(uint8_t *picture, const uint8_t *plate, const uint8_t *opacity, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count;) {
        uint64_t eight = 1;
        if (i + 8 <= count)
            memcpy(&eight, opacity + i, 8);
        if (!eight || !~eight) { /* nothing of the people, or nothing of the plate */
            if (!eight)
                memcpy(picture + 3 * i, plate + 3 * i, 24);
            i += 8;
            continue;
        }
        for (const Py_ssize_t end = i + 8 < count ? i + 8 : count; i < end; i++)
            for (Py_ssize_t j = 3 * i; j < 3 * i + 3; j++)
                picture[j] = (uint8_t)((opacity[i] * picture[j] + (255 - opacity[i]) * plate[j] + 127) / 255);
    }
}

PyObject *lay(PyObject *self, PyObject *args)
{
    Py_buffer b[4]; /* picture, opacity, places, table */
    int height, width;
    Box box;
    Nodes nodes;
    Table table;
    if (!PyArg_ParseTuple(args, "w*w*(ii)(iiii)y*(ii)iy*(ii)(fff)", &b[0], &b[1], &height, &width, &box.left, &box.top,
                          &box.right, &box.bottom, &b[2], &nodes.rows, &nodes.columns, &nodes.step, &b[3],
                          &table.height, &table.width, &table.scale, &table.x, &table.y))
        return NULL;
    int failed = !(fits(&b[0], height, width, 3) && fits(&b[1], height, width, 1) && within(box, height, width) &&
                   take_nodes(&nodes, &b[2], height, width) && take_table(&table, &b[3]));
    if (!failed) {
        Py_BEGIN_ALLOW_THREADS
        failed = lay_rows(b[0].buf, b[1].buf, width, box, nodes, table);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 4, failed, Py_NewRef(Py_None));
}

PyObject *compose(PyObject *self, PyObject *args)
{
    Py_buffer b[3]; /* picture, plate, opacity */
    if (!PyArg_ParseTuple(args, "w*y*y*", &b[0], &b[1], &b[2]))
        return NULL;
    const int failed = b[0].len / 3 != b[2].len || b[0].len % 3 || b[1].len != b[0].len;
    if (!failed) {
        Py_BEGIN_ALLOW_THREADS
        compose_rows(b[0].buf, b[1].buf, b[2].buf, b[2].len);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 3, failed, Py_NewRef(Py_None));
}
