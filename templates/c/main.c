/* Runs the model on this machine: raw input tensors from a file or standard input, raw output tensors to standard
   output, one inference after the other until the input ends. With --selftest, checks it against the golden inputs.
   -DEDGEPACK_FREESTANDING makes it a Linux program without a C library, -DEDGEPACK_NO_SELFTEST leaves the test out. */
#include "model.h"

#if defined(EDGEPACK_FREESTANDING)
#include "linux.h"
#else
#include "hosted.h"
#endif

/* Not merged into each place that calls it. */
#if defined(__GNUC__)
__attribute__((noinline))
#endif
static void say(int stream, const char *text);

MODEL_ARENA(arena);

static void say(int stream, const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    runner_write(stream, text, length);
}

static int is_same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

#if defined(EDGEPACK_NO_SELFTEST)
static int selftest(void)
{
    say(2, "this program was built without its self-test\n");
    return 2;
}
#else
static int selftest(void)
{
    const int failed = model_selftest(arena, sizeof arena);
    say(1, "selftest: ");
    say(1, failed == 0  ? "every layer is as it should be"
           : failed < 0 ? "the arena was refused"
                        : model_layer_name((size_t)failed - 1));
    say(1, "\n");
    return failed != 0;
}
#endif

/* Reads a whole set of inputs; 0 at the end of the file, -1 in the middle of a set or where it can't be read. */
static int read_inputs(const model_t *model, runner_file file)
{
    for (size_t i = 0; i < MODEL_INPUTS; i++) {
        const size_t wanted = model_input_bytes(i);
        const size_t got = runner_read(file, model_input(model, i), wanted);
        if (got != wanted)
            return got == 0 && i == 0 ? 0 : -1;
    }
    return 1;
}

static int run(runner_file file)
{
    model_t model;
    if (model_init(&model, arena, sizeof arena) != 0)
        return 1;
    for (;;) {
        const int more = read_inputs(&model, file);
        if (more == 0)
            return 0;
        if (more < 0) {
            say(2, "the input is unreadable, or cut short\n");
            return 1;
        }
        model_invoke(&model);
        for (size_t i = 0; i < MODEL_OUTPUTS; i++)
            if (runner_write(1, model_output(&model, i), model_output_bytes(i)) != 0)
                return 1;
    }
}

static int runner_main(int argc, char **argv)
{
    if (argc > 2) {
        say(2, "usage: model [--selftest | INPUT]\n");
        return 2;
    }
    if (argc == 2 && is_same(argv[1], "--selftest"))
        return selftest();
    const runner_file file = argc == 2 ? runner_open(argv[1]) : runner_stdin();
    if (file == RUNNER_NONE) {
        say(2, argv[1]);
        say(2, ": can't be read\n");
        return 1;
    }
    return run(file);
}
