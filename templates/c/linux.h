/* What the runner needs of Linux, without a C library: its start, four system calls. For -DEDGEPACK_FREESTANDING.
   Numbers: the kernel's include/uapi/asm-generic/unistd.h and arch/{arm,x86}/…/syscall*.tbl. */
#ifndef EDGEPACK_LINUX_H
#define EDGEPACK_LINUX_H

#include <stddef.h>
#include <stdint.h>

static long linux_call(long number, long a, long b, long c, long d);

#if defined(__aarch64__)
enum { LINUX_OPENAT = 56, LINUX_READ = 63, LINUX_WRITE = 64, LINUX_EXIT = 94 };
__asm__(".globl _start\n.type _start, %function\n_start:\n mov x29, #0\n mov x0, sp\n bl linux_start\n");
static long linux_call(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
#elif defined(__arm__)
enum { LINUX_OPENAT = 322, LINUX_READ = 3, LINUX_WRITE = 4, LINUX_EXIT = 248 };
__asm__(".globl _start\n.type _start, %function\n_start:\n mov r0, sp\n bl linux_start\n");
static long linux_call(long number, long a, long b, long c, long d)
{
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    register long r3 __asm__("r3") = d;
    /* r7 holds the number, and may be the frame pointer: it is put aside by hand. */
    __asm__ volatile("mov r12, r7\n mov r7, %1\n svc 0\n mov r7, r12"
                     : "+r"(r0)
                     : "r"(number), "r"(r1), "r"(r2), "r"(r3)
                     : "r12", "memory");
    return r0;
}
#elif defined(__riscv) && __riscv_xlen == 64
enum { LINUX_OPENAT = 56, LINUX_READ = 63, LINUX_WRITE = 64, LINUX_EXIT = 94 };
__asm__(".globl _start\n.type _start, @function\n_start:\n"
        ".option push\n.option norelax\n lla gp, __global_pointer$\n.option pop\n"
        " mv a0, sp\n call linux_start\n");
static long linux_call(long number, long a, long b, long c, long d)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return a0;
}
#elif defined(__x86_64__)
enum { LINUX_OPENAT = 257, LINUX_READ = 0, LINUX_WRITE = 1, LINUX_EXIT = 231 };
__asm__(".globl _start\n.type _start, @function\n_start:\n"
        " xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call linux_start\n");
static long linux_call(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}
#else
#error "no start for this CPU: leave EDGEPACK_FREESTANDING out, and link a C library"
#endif

typedef int runner_file;
#define RUNNER_NONE (-1)

static runner_file runner_open(const char *path)
{
    const long here = -100; /* AT_FDCWD; flags 0: to read. */
    const long file = linux_call(LINUX_OPENAT, here, (long)path, 0, 0);
    return file < 0 ? RUNNER_NONE : (runner_file)file;
}

static runner_file runner_stdin(void) { return 0; }

/* Reads or writes until `count` bytes are done or no more go; returns how many did, or more than any count on an error. */
static __attribute__((noinline)) size_t linux_move(long call, int file, uint8_t *at, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const long moved = linux_call(call, file, (long)(at + done), (long)(count - done), 0);
        if (moved <= 0)
            return done | (size_t)moved;
        done += (size_t)moved;
    }
    return done;
}

/* Reads until `count` bytes are there or the file ends; returns how many are, or more than any count on an error. */
static size_t runner_read(runner_file file, void *to, size_t count) { return linux_move(LINUX_READ, file, to, count); }

/* Writes to standard output (1) or standard error (2); 0, or -1 where it can't. */
static int runner_write(int stream, const void *from, size_t count)
{
    return linux_move(LINUX_WRITE, stream, (uint8_t *)(uintptr_t)from, count) == count ? 0 : -1;
}

static int runner_main(int argc, char **argv);

/* `stack` is what the kernel leaves: the number of arguments, then their addresses. */
__attribute__((used, noreturn)) void linux_start(long *stack);
void linux_start(long *stack)
{
    const int status = runner_main((int)stack[0], (char **)(stack + 1));
    for (;;)
        linux_call(LINUX_EXIT, status, 0, 0, 0);
}

#endif
