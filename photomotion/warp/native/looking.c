/* Eyes that look elsewhere: the skin that goes with the lids, and the ball between them, as in looking.py. */
#include "native.h"

#include <math.h>

typedef struct {
    const float *values; /* (count, height, width) */
    int height, width;
} Maps;

/* What the lids of an eye do: see Eyelid in eyelids.py, from where the numbers and their names are. */
typedef struct {
    float upper, lower, closure; /* how far the edges follow a gaze, eye widths; and how far the lids are shut, 0..1 */
    float x, y;                  /* px across the eye, for each eye width */
    float held;                  /* PULLED in lidways.py */
} Lids;
enum { UPPER, LOWER, ABOVE, TRAVEL, COVER, ROOM, RISE, WING, MAPS };

/* Where a pixel comes from, between the nodes around it. */
static ALWAYS_INLINE void read_place(float *restrict place, const Nodes nodes, int x, int y)
{
    const float part = 1 / (float)nodes.step;
    const float column = ((float)x + 0.5f) * part + 0.5f, row = ((float)y + 0.5f) * part + 0.5f;
    const int left = (int)column, top = (int)row;
    const float right = column - (float)left, down = row - (float)top;
    const float *here = nodes.places + 2 * ((Py_ssize_t)top * nodes.columns + left);
    between(place, here, here + 2 * nodes.columns, 2, right, down);
}

/* Between the numbers of a map, and nothing beyond it. */
static ALWAYS_INLINE float read_map(const float *map, int height, int width, float x, float y)
{
    if (!(x > -1 && y > -1 && x < (float)width && y < (float)height))
        return 0;
    const int left = (int)x - (x < 0), top = (int)y - (y < 0);
    const float right = x - (float)left, down = y - (float)top;
    float lines[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        if (top + i >= 0 && top + i < height) {
            const float *line = map + (Py_ssize_t)(top + i) * width;
            lines[i] = (left >= 0 ? line[left] * (1 - right) : 0) + (left + 1 < width ? line[left + 1] * right : 0);
        }
    return lines[0] + (lines[1] - lines[0]) * down;
}

/* How far the skin that is seen at each point of the eye's box went with the gaze, eye widths. */
static ALWAYS_INLINE void lead(float *restrict way, const Maps maps, const Lids lids)
{
    const Py_ssize_t all = (Py_ssize_t)maps.height * maps.width;
    for (Py_ssize_t i = 0; i < all; i++)
        way[i] = lids.upper * maps.values[UPPER * all + i] + lids.lower * maps.values[LOWER * all + i];
}

/* How far closing lids have brought it. */
static ALWAYS_INLINE void pull(float *restrict way, const Maps maps, const Lids lids)
{
    const Py_ssize_t all = (Py_ssize_t)maps.height * maps.width;
    const float *restrict map = maps.values;
    for (Py_ssize_t i = 0; i < all; i++) {
        const float above = map[ABOVE * all + i], fall = lids.closure * map[TRAVEL * all + i];
        float held = (above + lids.held) / (fall + lids.held); /* at most 1 where it counts */
        held = held > 0 ? held : 0;
        held *= held * (3 - 2 * held);
        float down = fall * held * map[COVER * all + i];
        down = down < map[ROOM * all + i] ? down : map[ROOM * all + i];
        way[i] = (above < fall ? down : -lids.closure * map[RISE * all + i]) + lids.closure * map[WING * all + i];
    }
}

/* What is read at a place, as a pixel. */
static ALWAYS_INLINE uint32_t read_at(const Table table, float x, float y)
{
    const int across = whole(x * table.scale + table.x), down = whole(y * table.scale + table.y);
    return inside(table, across, down) ? read_inside(table, across, down) : read_anywhere(table, across, down);
}

FOR_EVERY_PROCESSOR static int follow_lids(uint8_t *restrict picture, int width, Box box, float *restrict ways,
                                           const Nodes nodes, const float corner[2], const Maps maps, const Lids lids,
                                           const Table skin)
{
    const Py_ssize_t all = (Py_ssize_t)maps.height * maps.width, wide = box.right - box.left;
    const Py_ssize_t each = 2 * wide * (box.bottom - box.top);
    float *goes = PyMem_RawMalloc(2 * (size_t)all * sizeof(float));
    if (!goes)
        return -1;
    float *comes = goes + all;
    lead(goes, maps, lids);
    if (lids.closure != 0)
        pull(comes, maps, lids);
    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            float *head = ways + 2 * ((y - box.top) * wide + x - box.left);
            float *local = head + each, *pulled = local + each;
            read_place(head, nodes, x, y);
            head[0] -= corner[0];
            head[1] -= corner[1];
            float way = read_map(goes, maps.height, maps.width, head[0], head[1]);
            local[0] = head[0] - way * lids.x;
            local[1] = head[1] - way * lids.y;
            way = lids.closure != 0 ? read_map(comes, maps.height, maps.width, local[0], local[1]) : 0;
            pulled[0] = local[0] - way * lids.x;
            pulled[1] = local[1] - way * lids.y;
            if (pulled[0] != head[0] || pulled[1] != head[1]) {
                const uint32_t pixel = read_at(skin, pulled[0] + corner[0], pulled[1] + corner[1]);
                memcpy(picture + 3 * ((Py_ssize_t)y * width + x), &pixel, 3);
            }
        }
    PyMem_RawFree(goes);
    return 0;
}

PyObject *follow(PyObject *self, PyObject *args)
{
    Py_buffer b[5]; /* picture, ways, places, maps, skin */
    int height, width;
    Box box;
    Nodes nodes;
    Maps maps;
    Lids lids;
    Table skin;
    float corner[2];
    if (!PyArg_ParseTuple(args, "w*(ii)(iiii)w*y*(ii)i(ff)y*(ii)(ffffff)y*(ii)(fff)", &b[0], &height, &width, &box.left,
                          &box.top, &box.right, &box.bottom, &b[1], &b[2], &nodes.rows, &nodes.columns, &nodes.step,
                          &corner[0], &corner[1], &b[3], &maps.height, &maps.width, &lids.upper, &lids.lower,
                          &lids.closure, &lids.x, &lids.y, &lids.held, &b[4], &skin.height, &skin.width, &skin.scale,
                          &skin.x, &skin.y))
        return NULL;
    int failed =
        !(fits(&b[0], height, width, 3) && within(box, height, width) &&
          fits(&b[1], box.bottom - box.top, box.right - box.left, 24) && take_nodes(&nodes, &b[2], height, width) &&
          fits(&b[3], maps.height, maps.width, 4 * MAPS) && take_table(&skin, &b[4]));
    if (!failed) {
        maps.values = b[3].buf;
        Py_BEGIN_ALLOW_THREADS
        failed = follow_lids(b[0].buf, width, box, b[1].buf, nodes, corner, maps, lids, skin);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 5, failed, Py_NewRef(Py_None));
}

enum { WHITE, IRIS, SHADE, GLINT, TABLES };

/* An eyeball's pictures, all of one size, and how it looks elsewhere: see Eyeball in eyeballs.py. */
typedef struct {
    Table tables[TABLES];            /* the last one's pixels are NULL if there are no glints */
    float seen[4];                   /* x0, y0, x1, y1 in the eye's box */
    float iris_way[2], glint_way[2]; /* px */
    float changed;                   /* how much of all this is shown, 0..1 */
} Ball;

static ALWAYS_INLINE void lay_over(float colour[3], uint32_t pixel)
{
    uint8_t above[4];
    memcpy(above, &pixel, 4);
    const float opacity = (float)above[3] * (1 / 255.0f);
    for (int i = 0; i < 3; i++)
        colour[i] += opacity * ((float)above[i] - colour[i]);
}

FOR_EVERY_PROCESSOR static void turn_ball(uint8_t *restrict picture, int width, Box box, const float *restrict ways,
                                          const Ball ball)
{
    const Py_ssize_t wide = box.right - box.left, each = 2 * wide * (box.bottom - box.top);
    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            const float *head = ways + 2 * ((y - box.top) * wide + x - box.left), *at = head + 2 * each;
            if (!(at[0] >= ball.seen[0] && at[1] >= ball.seen[1] && at[0] <= ball.seen[2] && at[1] <= ball.seen[3]))
                continue;
            const uint32_t back = read_at(ball.tables[WHITE], at[0], at[1]);
            uint8_t white[4], shade[4], *below = picture + 3 * ((Py_ssize_t)y * width + x);
            memcpy(white, &back, 4);
            if (!white[3])
                continue;
            float colour[3] = {white[0], white[1], white[2]};
            lay_over(colour, read_at(ball.tables[IRIS], head[0] - ball.iris_way[0], head[1] - ball.iris_way[1]));
            if (ball.tables[GLINT].pixels)
                lay_over(colour, read_at(ball.tables[GLINT], head[0] - ball.glint_way[0], head[1] - ball.glint_way[1]));
            const uint32_t left = read_at(ball.tables[SHADE], at[0], at[1]);
            memcpy(shade, &left, 4);
            const float seen = (float)white[3] * (1 / 255.0f) * ball.changed;
            for (int i = 0; i < 3; i++) {
                const float own = (float)below[i];
                below[i] = (uint8_t)(own + seen * (colour[i] * ((float)shade[i] * (1 / 255.0f)) - own) + 0.5f);
            }
        }
}

PyObject *turn(PyObject *self, PyObject *args)
{
    Py_buffer b[6]; /* picture, ways, white, iris, shade, glint or None */
    int height, width;
    Box box;
    Table table;
    Ball ball;
    if (!PyArg_ParseTuple(args, "w*(ii)(iiii)y*y*y*y*z*(ii)(fff)(ffff)(ff)(ff)f", &b[0], &height, &width, &box.left,
                          &box.top, &box.right, &box.bottom, &b[1], &b[2], &b[3], &b[4], &b[5], &table.height,
                          &table.width, &table.scale, &table.x, &table.y, &ball.seen[0], &ball.seen[1], &ball.seen[2],
                          &ball.seen[3], &ball.iris_way[0], &ball.iris_way[1], &ball.glint_way[0], &ball.glint_way[1],
                          &ball.changed))
        return NULL;
    int failed = !(fits(&b[0], height, width, 3) && within(box, height, width) && ball.changed >= 0 &&
                   ball.changed <= 1 && fits(&b[1], box.bottom - box.top, box.right - box.left, 24));
    for (int i = 0; i < TABLES; i++) {
        ball.tables[i] = table;
        failed |= !(take_table(&ball.tables[i], &b[i + 2]) || (i == GLINT && !b[i + 2].obj));
    }
    if (!failed) {
        Py_BEGIN_ALLOW_THREADS
        turn_ball(b[0].buf, width, box, b[1].buf, ball);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 6, failed, Py_NewRef(Py_None));
}
