/* The inner loops of drawing, without Python's lock: what field.py, inverse.py, laying.py and looking.py also do with
   OpenCV and NumPy, which are used where these files were not compiled.

   Arrays come as buffers without gaps, with their sizes. Whatever numbers are in them, nothing outside them is touched.
 */
#ifndef PHOTOMOTION_NATIVE
#define PHOTOMOTION_NATIVE

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
static const float NEAREST = -32768 * ONE, FARTHEST = 65535 * ONE; /* what lies beyond is taken to be there */

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
    float scale, x, y; /* what a place in the photo is multiplied by to come to one here, and what is added then */
} Table;

static ALWAYS_INLINE int whole(float at)
{
    at = at > NEAREST ? at : NEAREST; /* so written, it is for what is no number too */
    return (int)(at < FARTHEST ? at : FARTHEST);
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

/* Whether there are four pixels around a place. */
static ALWAYS_INLINE int inside(const Table table, int x, int y)
{
    return ((unsigned)x < (unsigned)(table.width - 1) << SHIFT) & ((unsigned)y < (unsigned)(table.height - 1) << SHIFT);
}

static ALWAYS_INLINE uint32_t read_inside(const Table table, int x, int y)
{
    const uint32_t *above = table.pixels + (Py_ssize_t)(y >> SHIFT) * table.width + (x >> SHIFT);
    return mixed(above, above + table.width, fraction(x), fraction(y));
}

static ALWAYS_INLINE uint32_t read_anywhere(const Table table, int x, int y)
{
    const int left = mirrored(x >> SHIFT, table.width), right = mirrored((x >> SHIFT) + 1, table.width);
    const uint32_t *above = table.pixels + (Py_ssize_t)mirrored(y >> SHIFT, table.height) * table.width;
    const uint32_t *below = table.pixels + (Py_ssize_t)mirrored((y >> SHIFT) + 1, table.height) * table.width;
    const uint32_t top[2] = {above[left], above[right]}, bottom[2] = {below[left], below[right]};
    return mixed(top, bottom, fraction(x), fraction(y));
}

/* Between two numbers of a node, those of the node so many numbers on, and those below both. */
static ALWAYS_INLINE void between(float *restrict found, const float *above, const float *below, int beside,
                                  float right, float down)
{
    for (int i = 0; i < 2; i++) {
        const float top = above[i] + (above[i + beside] - above[i]) * right;
        found[i] = top + (below[i] + (below[i + beside] - below[i]) * right - top) * down;
    }
}

/* Give back the buffers of a call that failed for want of memory (-1) or because sizes do not fit (1), or not (0). */
static ALWAYS_INLINE PyObject *finished(Py_buffer *buffers, int count, int failed, PyObject *result)
{
    for (int i = 0; i < count; i++)
        PyBuffer_Release(&buffers[i]);
    if (!failed)
        return result;
    Py_XDECREF(result);
    if (failed < 0)
        return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "sizes do not fit");
    return NULL;
}

/* Whether a buffer holds so many elements of so many bytes, where the processor may read them. */
static ALWAYS_INLINE int fits(const Py_buffer *buffer, int rows, int columns, int size)
{
    return rows > 0 && columns > 0 && rows <= LONGEST && columns <= LONGEST &&
           buffer->len == (int64_t)rows * columns * size && (size % 4 || (uintptr_t)buffer->buf % 4 == 0);
}

static ALWAYS_INLINE int within(Box box, int height, int width)
{
    return box.left >= 0 && box.top >= 0 && box.left < box.right && box.top < box.bottom && box.right <= width &&
           box.bottom <= height;
}

/* Take nodes' places from a buffer. Whether they cover a picture. */
static ALWAYS_INLINE int take_nodes(Nodes *nodes, const Py_buffer *buffer, int height, int width)
{
    nodes->places = buffer->buf;
    return fits(buffer, nodes->rows, nodes->columns, 8) && nodes->step > 0 && nodes->step <= LONGEST &&
           (int64_t)nodes->step * (nodes->columns - 2) >= width && (int64_t)nodes->step * (nodes->rows - 2) >= height;
}

/* Take a table from a buffer, with the points per px of the photo and what is added to its places times that. Whether
   it fits. */
static ALWAYS_INLINE int take_table(Table *table, const Py_buffer *buffer)
{
    const float one = ONE, half = HALF_A_WEIGHT;
    table->pixels = buffer->buf;
    table->scale *= one;
    table->x = table->x * one + half;
    table->y = table->y * one + half;
    return fits(buffer, table->height, table->width, 4);
}

PyObject *lay(PyObject *self, PyObject *args), *compose(PyObject *self, PyObject *args);
PyObject *add(PyObject *self, PyObject *args), *find(PyObject *self, PyObject *args);
PyObject *follow(PyObject *self, PyObject *args), *turn(PyObject *self, PyObject *args);

#endif
