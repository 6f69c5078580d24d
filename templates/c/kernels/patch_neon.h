/* Patches of a convolution with NEON: whole runs at a time, without a call. */
#ifndef EDGEPACK_PATCH_NEON_H
#define EDGEPACK_PATCH_NEON_H

#include <arm_neon.h>

EP_INLINE void ep_copy_four(int8_t *to, const int8_t *from)
{
    int32_t four;
    memcpy(&four, from, sizeof four);
    memcpy(to, &four, sizeof four);
}

EP_INLINE void ep_copy_run(int8_t *to, const int8_t *from, int32_t count)
{
    EP_ROLLED for (; count >= 16; count -= 16, to += 16, from += 16)
        vst1q_s8(to, vld1q_s8(from));
    if (count & 8) {
        vst1_s8(to, vld1_s8(from));
        to += 8, from += 8;
    }
    if (count & 4) {
        ep_copy_four(to, from);
        to += 4, from += 4;
    }
    EP_ROLLED for (int32_t i = 0; i < (count & 3); i++)
        to[i] = from[i];
}

/* `count` is a multiple of 4. */
EP_INLINE void ep_lanes_fill(int8_t *to, int8x16_t value, int32_t count)
{
    EP_ROLLED for (; count >= 16; count -= 16, to += 16)
        vst1q_s8(to, value);
    EP_ROLLED for (; count > 0; count -= 4, to += 4)
        vst1q_lane_s32((int32_t *)(void *)to, vreinterpretq_s32_s8(value), 0);
}

/* The window of one pixel, whose taps lie side by side: `rows` runs of `run` bytes. */
static void ep_patch_direct(const ep_conv_2d *c, const int8_t *in, int32_t y, int32_t x, int32_t run, int8_t *patch)
{
    const ep_window *const w = &c->window;
    const int32_t column = x * w->stride_w - w->pad_w, top = y * w->stride_h - w->pad_h;
    const int32_t before = ep_clamp(-column, 0, w->kernel_w);
    const int32_t inside = ep_clamp(w->input_w - column, before, w->kernel_w) - before;
    const int whole = inside == w->kernel_w;
    /* Up to 3 bytes behind a whole run are copied too, and count for nothing. */
    const int32_t count = whole ? run : inside * c->depth, height = w->kernel_h;
    if (!whole || top < 0 || top + (height - 1) * w->dilation_h >= w->input_h)
        ep_lanes_fill(patch, vdupq_n_s8((int8_t)c->zero_point), height * run);
    int32_t first = 0, last = height; /* Rows inside the input. */
    while (first < last && top + first * w->dilation_h < 0)
        first++;
    while (last > first && top + (last - 1) * w->dilation_h >= w->input_h)
        last--;
    const ptrdiff_t line = (ptrdiff_t)w->dilation_h * w->input_w * w->input_c;
    const int8_t *from = in + ((ptrdiff_t)(top + first * w->dilation_h) * w->input_w + column + before) * w->input_c;
    int8_t *to = patch + first * run + before * c->depth;
    if (count == 4)
        for (int32_t left = last - first; left > 0; left--, from += line, to += run)
            ep_copy_four(to, from);
    else
        EP_ROLLED for (int32_t left = last - first; left > 0; left--, from += line, to += run)
            ep_copy_run(to, from, count);
}

#endif
