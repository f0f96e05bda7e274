/* Where everything goes, and where what is seen comes from: the sums of field.py and the inverse of inverse.py. */
#include "native.h"

#include <math.h>

/* Of a field and its nodes' places; both (rows, columns, 2), places with one node more all around. */
typedef struct {
    const float *moved;
    float *places;
    int rows, columns;
    float left, top, step;
} Field;

enum { STEPS = 8 };
static const float CLOSE = 0.05f; /* px that may be missed before the last step */
static const float ROOM = 0.3f;   /* of a cell's area, which must be left of all: TIGHT in folds.py */

/* A field between its nodes, and beyond them as at the edge. */
static ALWAYS_INLINE void read_field(float *restrict moved, const Field field, float column, float row)
{
    column = column > 0 ? column : 0;
    column = column < (float)(field.columns - 1) ? column : (float)(field.columns - 1);
    row = row > 0 ? row : 0;
    row = row < (float)(field.rows - 1) ? row : (float)(field.rows - 1);
    const int left = (int)column, top = (int)row;
    const float right = column - (float)left, down = row - (float)top;
    const float *here = field.moved + 2 * ((Py_ssize_t)top * field.columns + left);
    const float *below = here + (top < field.rows - 1 ? 2 * field.columns : 0);
    const int beside = left < field.columns - 1 ? 2 : 0;
    between(moved, here, below, beside, right, down);
}

/* What is known of a row of nodes: where they come from, less where they are, px; and the inverse of their Jacobian. */
typedef struct {
    float *x, *y, *x_by_x, *x_by_y, *y_by_x, *y_by_y, *missed;
} Row;
enum { NUMBERS = 8 }; /* of a node; two of them are what it misses */

/* Learn the inverse in some columns of a row, and guess. Whether anything there is squeezed too much for that.

   across, along: 1 by px between the nodes on both sides, which are so many columns away, or above and below. */
static ALWAYS_INLINE int start(Row row, const float *restrict here, const float *restrict above,
                               const float *restrict below, int first, int last, int left, int right, float across,
                               float along)
{
    int squeezed = 0;
    for (int i = first; i < last; i++) {
        const float x_right = 1 + (here[2 * (i + right)] - here[2 * (i - left)]) * across;
        const float y_right = (here[2 * (i + right) + 1] - here[2 * (i - left) + 1]) * across;
        const float x_down = (below[2 * i] - above[2 * i]) * along;
        const float y_down = 1 + (below[2 * i + 1] - above[2 * i + 1]) * along;
        const float area = x_right * y_down - x_down * y_right, part = 1 / area;
        squeezed |= !(area > ROOM); /* so written, it is for what is no number too */
        row.x_by_x[i] = y_down * part;
        row.x_by_y[i] = -x_down * part;
        row.y_by_x[i] = -y_right * part;
        row.y_by_y[i] = x_right * part;
        row.x[i] = -(row.x_by_x[i] * here[2 * i] + row.x_by_y[i] * here[2 * i + 1]);
        row.y[i] = -(row.y_by_x[i] * here[2 * i] + row.y_by_y[i] * here[2 * i + 1]);
    }
    return squeezed;
}

/* A step from the guess to where nodes come from. Whether all were close before. */
static ALWAYS_INLINE int approach(Row row, int columns)
{
    int away = 0;
    for (int i = 0; i < columns; i++) {
        const float x = row.missed[2 * i] + row.x[i], y = row.missed[2 * i + 1] + row.y[i];
        away |= !(fabsf(x) < CLOSE) | !(fabsf(y) < CLOSE);
        row.x[i] -= row.x_by_x[i] * x + row.x_by_y[i] * y;
        row.y[i] -= row.y_by_x[i] * x + row.y_by_y[i] * y;
    }
    return !away;
}

/* The inverse of a field by Newton's method, each node by its own Jacobian. Whether that was enough everywhere. */
FOR_EVERY_PROCESSOR static int find_places(const Field field, float *numbers)
{
    const int columns = field.columns, wide = columns > 1;
    const float part = 1 / field.step;
    const Row row = {numbers,
                     numbers + columns,
                     numbers + 2 * columns,
                     numbers + 3 * columns,
                     numbers + 4 * columns,
                     numbers + 5 * columns,
                     numbers + 6 * columns};
    for (int line = 0; line < field.rows; line++) {
        const float *here = field.moved + 2 * (Py_ssize_t)line * columns;
        const int up = line > 0, down = line < field.rows - 1;
        const float *above = here - up * 2 * columns, *below = here + down * 2 * columns;
        const float along = part / (float)(up + down + !(up + down));
        if (start(row, here, above, below, 0, 1, 0, wide, part, along) ||
            start(row, here, above, below, 1, columns - 1, 1, 1, part / 2, along) ||
            start(row, here, above, below, columns - 1, columns, wide, 0, part, along))
            return 0;
        int close = 0;
        for (int i = 0; i < STEPS && !close; i++) {
            for (int column = 0; column < columns; column++)
                read_field(row.missed + 2 * column, field, (float)column + row.x[column] * part,
                           (float)line + row.y[column] * part);
            close = approach(row, columns);
        }
        if (!close)
            return 0;
        float *place = field.places + 2 * ((Py_ssize_t)(line + 1) * (columns + 2) + 1);
        for (int column = 0; column < columns; column++) {
            place[2 * column] = field.left + field.step * (float)column + row.x[column];
            place[2 * column + 1] = field.top + field.step * (float)line + row.y[column];
        }
    }
    return 1;
}

/* What is added to the nodes' places goes on around the grid as at its edge. */
static void surround(const Field field)
{
    const Py_ssize_t wide = 2 * ((Py_ssize_t)field.columns + 2);
    for (int row = 1; row <= field.rows; row++) {
        float *first = field.places + row * wide, *last = first + wide - 2;
        first[0] = first[2] - field.step;
        first[1] = first[3];
        last[0] = last[-2] + field.step;
        last[1] = last[-1];
    }
    float *top = field.places, *bottom = top + (field.rows + 1) * wide;
    for (Py_ssize_t i = 0; i < wide; i++) {
        top[i] = top[i + wide] - (i % 2 ? field.step : 0);
        bottom[i] = bottom[i - wide] + (i % 2 ? field.step : 0);
    }
}

PyObject *find(PyObject *self, PyObject *args)
{
    Py_buffer b[2]; /* field, places */
    Field field;
    int found = 0;
    if (!PyArg_ParseTuple(args, "y*w*(ii)(ff)f", &b[0], &b[1], &field.rows, &field.columns, &field.left, &field.top,
                          &field.step))
        return NULL;
    int failed = !(field.step > 0 && fits(&b[0], field.rows, field.columns, 8) &&
                   fits(&b[1], field.rows + 2, field.columns + 2, 8));
    if (!failed) {
        field.moved = b[0].buf;
        field.places = b[1].buf;
        Py_BEGIN_ALLOW_THREADS
        float *numbers = PyMem_RawMalloc(NUMBERS * (size_t)field.columns * sizeof(float));
        failed = numbers ? 0 : -1;
        found = numbers && find_places(field, numbers);
        if (found)
            surround(field);
        PyMem_RawFree(numbers);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 2, failed, PyBool_FromLong(found));
}

/* Add a part's (count, height, width) numbers to a field, (rows, columns, 2): so much of each to x, and to y. */
FOR_EVERY_PROCESSOR static void add_part(float *restrict field, Py_ssize_t columns, const float *restrict part, Box box,
                                         const float much[6], int count)
{
    const Py_ssize_t width = box.right - box.left, all = width * (box.bottom - box.top);
    for (Py_ssize_t row = box.top; row < box.bottom; row++) {
        float *restrict to = field + 2 * (row * columns + box.left);
        const float *restrict from = part + (row - box.top) * width;
        for (Py_ssize_t i = 0; i < width; i++) {
            float x = much[0] * from[i] + much[1] * from[all + i], y = much[3] * from[i] + much[4] * from[all + i];
            if (count > 2) {
                x += much[2] * from[2 * all + i];
                y += much[5] * from[2 * all + i];
            }
            to[2 * i] += x;
            to[2 * i + 1] += y;
        }
    }
}

PyObject *add(PyObject *self, PyObject *args)
{
    Py_buffer b[2]; /* field, part */
    Box box;
    int rows, columns, count;
    float much[6];
    if (!PyArg_ParseTuple(args, "w*(ii)y*(iiii)i(ffffff)", &b[0], &rows, &columns, &b[1], &box.left, &box.top,
                          &box.right, &box.bottom, &count, &much[0], &much[1], &much[2], &much[3], &much[4], &much[5]))
        return NULL;
    const int failed = !(fits(&b[0], rows, columns, 8) && within(box, rows, columns) && (count == 2 || count == 3) &&
                         fits(&b[1], box.bottom - box.top, box.right - box.left, 4 * count));
    if (!failed) /* so little that keeping the lock is faster */
        add_part(b[0].buf, columns, b[1].buf, box, much, count);
    return finished(b, 2, failed, Py_NewRef(Py_None));
}
