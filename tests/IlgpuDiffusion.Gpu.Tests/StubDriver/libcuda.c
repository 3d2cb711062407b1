// A CUDA driver without a GPU: it keeps what is given to it, runs nothing, and loses the device at the call that it is told.
// Device memory is the host's, so that copies arrive; kernels leave it as it is.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))

enum { OK = 0, OUT_OF_MEMORY = 2, INVALID = 1, INVALID_HANDLE = 400, NOT_READY = 600, LOST = 719, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901, CAPTURE_WRONG_THREAD = 908 };

// What is alive, by kind: memory, contexts, streams, modules, events, graphs.
enum { MEMORY, CONTEXT, STREAM, MODULE, EVENT, GRAPH, EXECUTABLE, PINNED, KINDS };

static const char *const Names[KINDS] = { "memory", "context", "stream", "module", "event", "graph", "executable graph", "pinned memory" };
static long alive[KINDS], calls, fail_at = -1;
static int lost, spoiled, recursive;
static char last[64];
static void *capturing;

// Every call goes through here: what is destroyed with its context is still counted, until the context is.
static int enter(const char *name)
{
    if (recursive)
        return OK;
    if (++calls == fail_at)
        lost = 1, snprintf(last, sizeof last, "%s", name);
    return lost ? LOST : OK;
}

#define CALL do { int e = enter(__func__); if (e) return e; } while (0)

static void *make(int kind, size_t bytes)
{
    void *p = NULL;
    if (posix_memalign(&p, 256, bytes ? bytes : 1))
        return NULL;
    alive[kind]++;
    return p;
}

static int drop(int kind, void *p)
{
    if (!p)
        return OK;
    if (alive[kind] <= 0)
        return INVALID_HANDLE;
    alive[kind]--;
    free(p);
    return OK;
}

// Copies from pinned memory happen when somebody waits, as late as a driver may do them.
static struct { void *to; const void *from; size_t n; } late[256];
static int lates;

static void catch_up(void)
{
    for (int i = 0; i < lates; i++)
        memcpy(late[i].to, late[i].from, late[i].n);
    lates = 0;
}

// For tests: from now on the call of this number loses the device; -1 for none. Calls are counted anew.
API void stub_fail_at(long call) { fail_at = call, calls = 0, lost = 0, lates = 0, spoiled = 0, capturing = NULL, last[0] = 0; }
API long stub_calls(void) { return calls; }
API long stub_alive(int kind) { return kind < KINDS ? alive[kind] : -1; }
API const char *stub_name(int kind) { return kind < KINDS ? Names[kind] : NULL; }
API const char *stub_lost_at(void) { return last; }
API void stub_forget(void) { memset(alive, 0, sizeof alive); }

API int cuInit(unsigned flags) { CALL; return OK; }
API int cuDriverGetVersion(int *v) { CALL; *v = 12080; return OK; }
API int cuDeviceGet(int *d, int n) { CALL; *d = n; return OK; }
API int cuDeviceGetCount(int *n) { CALL; *n = 1; return OK; }
API int cuDeviceGetName(char *s, int n, int d) { CALL; snprintf(s, n, "stub"); return OK; }
API int cuDeviceTotalMem_v2(size_t *b, int d) { CALL; *b = (size_t)8 << 30; return OK; }

API int cuDeviceGetAttribute(int *v, int attribute, int d)
{
    CALL;
    switch (attribute)
    {
    case 1: *v = 1024; break;                     // items of a group
    case 2: case 3: *v = 1024; break;             // a group's extent
    case 4: *v = 64; break;
    case 5: *v = 2147483647; break;               // a grid's
    case 6: case 7: *v = 65535; break;
    case 8: *v = 49152; break;                    // shared memory of a group
    case 9: *v = 65536; break;                    // constants
    case 10: *v = 32; break;                      // a warp
    case 12: case 82: *v = 65536; break;          // registers of a group, of a multiprocessor
    case 16: *v = 132; break;                     // multiprocessors
    case 39: *v = 2048; break;                    // items of a multiprocessor
    case 75: *v = 9; break;                       // compute capability 9.0
    case 76: *v = 0; break;
    case 81: *v = 228 << 10; break;               // shared memory of a multiprocessor
    case 97: *v = 227 << 10; break;               // of a group, where it is asked for
    default: *v = 1; break;
    }
    return OK;
}

API int cuDeviceCanAccessPeer(int *v, int a, int b) { CALL; *v = 0; return OK; }
API int cuCtxCreate_v2(void **c, unsigned flags, int d) { CALL; *c = make(CONTEXT, 1); return OK; }

// A context takes all that is in it along, lost or not.
API int cuCtxDestroy_v2(void *c)
{
    ++calls;
    if (!c || !alive[CONTEXT])
        return INVALID;
    drop(CONTEXT, c);
    lates = 0;
    memset(alive, 0, sizeof alive);
    return OK;
}

API int cuCtxSetCurrent(void *c) { CALL; return OK; }
API int cuCtxSynchronize(void) { CALL; return OK; }
API int cuCtxGetCacheConfig(int *v) { CALL; *v = 0; return OK; }
API int cuCtxSetCacheConfig(int v) { CALL; return OK; }
API int cuCtxGetSharedMemConfig(int *v) { CALL; *v = 0; return OK; }
API int cuCtxSetSharedMemConfig(int v) { CALL; return OK; }
API int cuMemGetInfo_v2(size_t *f, size_t *t) { CALL; *f = *t = (size_t)8 << 30; return OK; }
API int cuPointerGetAttribute(int *v, int attribute, void *p) { CALL; *v = 2; return OK; }

API int cuMemAlloc_v2(void **p, size_t n) { CALL; return (*p = make(MEMORY, n)) ? OK : OUT_OF_MEMORY; }
API int cuMemFree_v2(void *p) { CALL; catch_up(); return drop(MEMORY, p); }
API int cuMemAllocHost_v2(void **p, size_t n) { CALL; return (*p = make(PINNED, n)) ? OK : OUT_OF_MEMORY; }
API int cuMemFreeHost(void *p) { CALL; return drop(PINNED, p); }
API int cuMemHostRegister_v2(void *p, size_t n, unsigned f) { CALL; return OK; }
API int cuMemHostUnregister(void *p) { CALL; return OK; }
API int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t n, void *s)
{
    CALL;
    if (lates == 256)
        catch_up();
    late[lates].to = to, late[lates].from = from, late[lates++].n = n;
    return OK;
}

API int cuMemcpyAsync(void *to, const void *from, size_t n, void *s) { CALL; catch_up(); if (!capturing || s != capturing) memmove(to, from, n); return OK; }
API int cuMemsetD8Async(void *p, unsigned char v, size_t n, void *s) { CALL; memset(p, v, n); return OK; }

API int cuStreamCreate(void **s, unsigned f) { CALL; *s = make(STREAM, 1); return OK; }
API int cuStreamCreateWithPriority(void **s, unsigned f, int p) { CALL; *s = make(STREAM, 1); return OK; }
API int cuStreamDestroy_v2(void *s) { CALL; return drop(STREAM, s); }

// Waiting for a stream while it captures is refused and spoils the capture.
API int cuStreamSynchronize(void *s)
{
    CALL;
    if (capturing && s == capturing)
        return spoiled = 1, CAPTURE_UNSUPPORTED;
    catch_up();
    return OK;
}

API int cuStreamBeginCapture_v2(void *s, int mode) { CALL; capturing = s, spoiled = 0; return OK; }

API int cuStreamEndCapture(void *s, void **g)
{
    *g = NULL, capturing = NULL;
    CALL;
    if (spoiled)
        return CAPTURE_INVALIDATED;
    *g = make(GRAPH, 1);
    return OK;
}

API int cuGraphInstantiateWithFlags(void **x, void *g, unsigned long long f) { CALL; *x = make(EXECUTABLE, 1); return OK; }
API int cuGraphLaunch(void *x, void *s) { CALL; return OK; }
API int cuGraphDestroy(void *g) { CALL; return drop(GRAPH, g); }
API int cuGraphExecDestroy(void *x) { CALL; return drop(EXECUTABLE, x); }

API int cuGetErrorString(int e, const char **s)
{
    *s = e == LOST ? "unspecified launch failure" : e == OUT_OF_MEMORY ? "out of memory" : e == NOT_READY ? "device not ready" : e == CAPTURE_INVALIDATED ? "operation failed due to a previous error during capture" : "error";
    return OK;
}

// A module is its text.
API int cuModuleLoadData(void **m, const char *text) { CALL; size_t n = strlen(text) + 1; *m = make(MODULE, n); memcpy(*m, text, n); return OK; }

API int cuModuleLoadDataEx(void **m, const char *text, unsigned n, int *options, void **values)
{
    CALL;
    recursive = 1;
    int e = cuModuleLoadData(m, text);
    recursive = 0;
    for (unsigned i = 0; !e && i < n; i++)
        if (options[i] == 3)
            strcpy(values[i], "ptxas info: stub");
    return e;
}

API int cuModuleUnload(void *m) { CALL; return drop(MODULE, m); }
API int cuModuleGetFunction(void **f, void *m, const char *name) { CALL; return (*f = strstr(m, name)) ? OK : 500; }
API int cuFuncGetAttribute(int *v, int attribute, void *f) { CALL; *v = attribute == 0 ? 1024 : 0; return OK; }
API int cuFuncSetAttribute(void *f, int attribute, int v) { CALL; return OK; }

API int cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *s, void **args, void **extra) { CALL; return OK; }
API int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *n, void *f, int b, size_t s) { CALL; *n = 1; return OK; }

API int cuEventCreate(void **e, unsigned f) { CALL; *e = make(EVENT, 1); return OK; }
API int cuEventDestroy_v2(void *e) { CALL; return drop(EVENT, e); }
API int cuEventQuery(void *e) { CALL; return OK; }
API int cuEventElapsedTime(float *t, void *a, void *b) { CALL; *t = 0.001f; return OK; }
API int cuEventRecord(void *e, void *s) { CALL; return OK; }
API int cuEventSynchronize(void *e) { CALL; catch_up(); return OK; }
