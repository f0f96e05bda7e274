/* The inner loops of drawing, without Python's lock: what laying.py also does with OpenCV and NumPy, which are used
   where this file was not compiled.

   Arrays come as buffers without gaps, with their sizes. Whatever numbers are in them, nothing outside them is touched.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define WITH_SSE2
#endif

#ifdef _MSC_VER
#define restrict __restrict /* by default it knows no other name */
#endif

/* What is in the loops is part of both copies, or both would call one that is for every processor. */
#ifdef __GNUC__
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* Compiled twice, and chosen when loaded, which musl cannot. No operations are fused, so both give the same bits. */
#if defined(__GNUC__) && defined(__x86_64__) && defined(__GLIBC__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif

/* Places are whole numbers of 1/ONE px; of their fraction, WEIGHT bits count when pixels are mixed. */
enum { SHIFT = 14, ONE = 1 << SHIFT, WEIGHT = 8, HALF_A_WEIGHT = 1 << (SHIFT - WEIGHT - 1) };
enum { LONGEST = 1 << 16 }; /* no side of an array has more, so no sum or product of whole numbers overflows */
static const float NEAREST = -32768.0f * ONE, FARTHEST = 65535.0f * ONE; /* what lies beyond is taken to be there */

typedef struct {
    int left, top, right, bottom;
} Box;

typedef struct {
    const float *places; /* (rows, columns, 2): x and y in the photo of what each node shows, one node around all */
    int rows, columns, step;
} Nodes;

typedef struct {
    const uint32_t *pixels; /* (height, width), three colours and opacity each */
    int height, width;
    float scale, x, y; /* points per px of the photo, and what is added to its places times that */
} Table;

static ALWAYS_INLINE int whole(float at)
{
    at = at > NEAREST ? at : NEAREST; /* so written, it is for what is no number too */
    return (int)(at < FARTHEST ? at : FARTHEST);
}

/* Places of nodes beside each other as whole numbers, in the table. */
static ALWAYS_INLINE void place_nodes(int *restrict node, const float *restrict place, int count, const Table table)
{
    const float factor = table.scale * ONE, x = table.x * ONE + HALF_A_WEIGHT, y = table.y * ONE + HALF_A_WEIGHT;
    for (int i = 0; i < count; i++) {
        node[2 * i] = whole(place[2 * i] * factor + x);
        node[2 * i + 1] = whole(place[2 * i + 1] * factor + y);
    }
}

/* Where the cells between nodes begin in a row of pixels, and what is added from pixel to pixel; x and y of each.

   below: of the way from the upper nodes to the lower ones; in: px of a cell's first pixel to the right of its nodes. */
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

/* Between four pixels, two above and two below; x and y are fractions in 1/256. */
static ALWAYS_INLINE uint32_t mixed(const uint32_t *above, const uint32_t *below, unsigned x, unsigned y)
{
#ifdef WITH_SSE2
    const __m128i zero = _mm_setzero_si128();
    const __m128i top = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)above), zero);
    const __m128i bottom = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)below), zero);
    const __m128i down = _mm_mullo_epi16(_mm_sub_epi16(bottom, top), _mm_set1_epi16((short)y));
    const __m128i right = _mm_set1_epi16((short)(x << 8));
    const __m128i share = _mm_unpacklo_epi64(_mm_xor_si128(right, _mm_set1_epi16(-1)), right);
    __m128i sum = _mm_mulhi_epu16(_mm_add_epi16(_mm_slli_epi16(top, 8), down), share);
    sum = _mm_add_epi16(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(1, 0, 3, 2)));
    sum = _mm_srli_epi16(_mm_add_epi16(sum, _mm_set1_epi16(128)), 8);
    return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
#else
    const uint8_t *top = (const uint8_t *)above, *bottom = (const uint8_t *)below;
    const uint32_t right = x << 8, left = right ^ 0xffff;
    uint8_t found[4];
    uint32_t pixel;
    for (int i = 0; i < 4; i++) {
        const uint32_t first = top[i] * (256 - y) + bottom[i] * y, second = top[i + 4] * (256 - y) + bottom[i + 4] * y;
        found[i] = (uint8_t)((((first * left) >> 16) + ((second * right) >> 16) + 128) >> 8);
    }
    memcpy(&pixel, found, 4);
    return pixel;
#endif
}

static ALWAYS_INLINE unsigned fraction(int place)
{
    return (unsigned)(place >> (SHIFT - WEIGHT)) & ((1 << WEIGHT) - 1);
}

/* An index beyond an edge, mirrored in it: 2 1 | 0 1 2 3 | 2 1. */
static ALWAYS_INLINE int mirrored(int index, int size)
{
    const int period = 2 * (size - 1);
    if (!period)
        return 0;
    index = abs(index) % period;
    return index < size ? index : period - index;
}

static uint32_t read_anywhere(const Table table, int x, int y)
{
    const int left = mirrored(x >> SHIFT, table.width), right = mirrored((x >> SHIFT) + 1, table.width);
    const uint32_t *above = table.pixels + (Py_ssize_t)mirrored(y >> SHIFT, table.height) * table.width;
    const uint32_t *below = table.pixels + (Py_ssize_t)mirrored((y >> SHIFT) + 1, table.height) * table.width;
    const uint32_t top[2] = {above[left], above[right]}, bottom[2] = {below[left], below[right]};
    return mixed(top, bottom, fraction(x), fraction(y));
}

/* Pixels beside each other, from places that go on evenly. */
static ALWAYS_INLINE void read_cell(uint32_t *restrict pixel, const Table table, int x, int y, int dx, int dy, int count)
{
    const unsigned right = (unsigned)(table.width - 1) << SHIFT, bottom = (unsigned)(table.height - 1) << SHIFT;
    const unsigned last_x = (unsigned)(x + dx * (count - 1)), last_y = (unsigned)(y + dy * (count - 1));
    if (((unsigned)x < right) & (last_x < right) & ((unsigned)y < bottom) & (last_y < bottom))
        for (int i = 0; i < count; i++, x += dx, y += dy) {
            const uint32_t *above = table.pixels + (Py_ssize_t)(y >> SHIFT) * table.width + (x >> SHIFT);
            pixel[i] = mixed(above, above + table.width, fraction(x), fraction(y));
        }
    else
        for (int i = 0; i < count; i++)
            pixel[i] = read_anywhere(table, x + i * dx, y + i * dy);
}

/* Put down what was read, as three colours and an opacity. */
static ALWAYS_INLINE void put(uint8_t *restrict colours, uint8_t *restrict opacity, const uint8_t *restrict pixel, int count)
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

/* Give back the buffers of a call that failed for want of memory (-1) or because sizes do not fit (1), or not (0). */
static PyObject *finished(Py_buffer *buffers, int count, int failed)
{
    for (int i = 0; i < count; i++)
        PyBuffer_Release(&buffers[i]);
    if (failed < 0)
        return PyErr_NoMemory();
    if (failed > 0) {
        PyErr_SetString(PyExc_ValueError, "sizes do not fit");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Whether a buffer holds so many elements of so many bytes, where the processor may read them. */
static int fits(const Py_buffer *buffer, int rows, int columns, int size)
{
    return rows > 0 && columns > 0 && rows <= LONGEST && columns <= LONGEST &&
           buffer->len == (int64_t)rows * columns * size && (size % 4 || (uintptr_t)buffer->buf % 4 == 0);
}

static PyObject *lay(PyObject *self, PyObject *args)
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
    int failed = !(fits(&b[0], height, width, 3) && fits(&b[1], height, width, 1) && box.left >= 0 && box.top >= 0 &&
                   box.left < box.right && box.top < box.bottom && box.right <= width && box.bottom <= height &&
                   fits(&b[2], nodes.rows, nodes.columns, 8) && nodes.step > 0 && nodes.step <= LONGEST &&
                   (int64_t)nodes.step * (nodes.columns - 2) >= width &&
                   (int64_t)nodes.step * (nodes.rows - 2) >= height && fits(&b[3], table.height, table.width, 4));
    if (!failed) {
        nodes.places = b[2].buf;
        table.pixels = b[3].buf;
        Py_BEGIN_ALLOW_THREADS
        failed = lay_rows(b[0].buf, b[1].buf, width, box, nodes, table);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 4, failed);
}

static PyObject *compose(PyObject *self, PyObject *args)
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
    return finished(b, 3, failed);
}

static PyMethodDef functions[] = {
    {"lay", lay, METH_VARARGS, NULL}, {"compose", compose, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    /* It has no state: where there is no lock, importing it must not bring the lock back. */
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_inner", NULL, 0, functions, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__inner(void)
{
    return PyModuleDef_Init(&module);
}
