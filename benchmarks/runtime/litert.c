/* Runs a model by LiteRT 2.3.0's C library: litert MODEL RUNS CAPABILITIES. For benchmarks/runtime/arm.py.

   The prototypes are our own, of the functions that are used: handles are pointers, results 0 where all is well. */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef void *handle;
extern int LiteRtCreateEnvironment(int count, const void *options, handle *environment);
extern int LiteRtCreateModelFromFile(handle environment, const char *path, handle *model);
extern int LiteRtCreateOptions(handle *options);
extern int LiteRtSetOptionsHardwareAccelerators(handle options, int accelerators);
extern int LiteRtCreateCompiledModel(handle environment, handle model, handle options, handle *compiled);
extern int LiteRtGetModelSubgraph(handle model, size_t index, handle *subgraph);
extern int LiteRtGetSubgraphInput(handle subgraph, size_t index, handle *tensor);
extern int LiteRtGetSubgraphOutput(handle subgraph, size_t index, handle *tensor);
extern int LiteRtGetRankedTensorType(handle tensor, void *type);
extern int LiteRtGetCompiledModelInputBufferRequirements(handle compiled, size_t signature, size_t index, handle *needs);
extern int LiteRtGetCompiledModelOutputBufferRequirements(handle compiled, size_t signature, size_t index, handle *needs);
extern int LiteRtCreateManagedTensorBufferFromRequirements(handle environment, const void *type, handle needs,
                                                           handle *buffer);
extern int LiteRtRunCompiledModel(handle compiled, size_t signature, size_t inputs, handle *input, size_t outputs,
                                  handle *output);

static unsigned long capabilities;

/* What libraries learn of the CPU. LiteRT is compiled for atomics and dot products, and asks before main() whether they
   are there: only then may it be told that they are not. */
unsigned long getauxval(unsigned long type)
{
    unsigned long pair[2], found = 0;
    const int file = open("/proc/self/auxv", O_RDONLY);
    while (read(file, pair, sizeof pair) == sizeof pair)
        if (pair[0] == type)
            found = pair[1];
    close(file);
    if (capabilities && (type == AT_HWCAP || type == AT_HWCAP2))
        return type == AT_HWCAP ? capabilities : 0;
    return found;
}

static void must(int status, const char *what)
{
    if (status) {
        fprintf(stderr, "%s: %d\n", what, status);
        exit(1);
    }
}

/* A tensor's type, large enough whatever it holds; a batch of -1 becomes 1. */
static int32_t *type_of(handle tensor)
{
    static int32_t type[64];
    must(LiteRtGetRankedTensorType(tensor, type), "type");
    for (int i = 0; i < 12; i++)
        if (type[i] == -1)
            type[i] = 1;
    return type;
}

int main(int argc, char **argv)
{
    handle environment, model, options, compiled, graph, tensor, needs, input, output;
    if (argc != 4)
        return 2;
    must(LiteRtCreateEnvironment(0, NULL, &environment), "environment");
    capabilities = strtoul(argv[3], NULL, 0);
    must(LiteRtCreateModelFromFile(environment, argv[1], &model), "model");
    must(LiteRtCreateOptions(&options), "options");
    must(LiteRtSetOptionsHardwareAccelerators(options, 1), "CPU");
    must(LiteRtCreateCompiledModel(environment, model, options, &compiled), "compiled model");
    must(LiteRtGetModelSubgraph(model, 0, &graph), "subgraph");
    must(LiteRtGetSubgraphInput(graph, 0, &tensor), "input");
    must(LiteRtGetCompiledModelInputBufferRequirements(compiled, 0, 0, &needs), "input's needs");
    must(LiteRtCreateManagedTensorBufferFromRequirements(environment, type_of(tensor), needs, &input), "input buffer");
    must(LiteRtGetSubgraphOutput(graph, 0, &tensor), "output");
    must(LiteRtGetCompiledModelOutputBufferRequirements(compiled, 0, 0, &needs), "output's needs");
    must(LiteRtCreateManagedTensorBufferFromRequirements(environment, type_of(tensor), needs, &output), "output buffer");
    for (int i = atoi(argv[2]); i > 0; i--)
        must(LiteRtRunCompiledModel(compiled, 0, 1, &input, 1, &output), "run");
    return 0;
}
