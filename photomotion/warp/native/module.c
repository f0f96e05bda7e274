/* The module that Python loads. */
#include "native.h"

static PyMethodDef functions[] = {{"add", add, METH_VARARGS, NULL},
                                  {"find", find, METH_VARARGS, NULL},
                                  {"lay", lay, METH_VARARGS, NULL},
                                  {"compose", compose, METH_VARARGS, NULL},
                                  {"follow", follow, METH_VARARGS, NULL},
                                  {"turn", turn, METH_VARARGS, NULL},
                                  {NULL, NULL, 0, NULL}};

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
