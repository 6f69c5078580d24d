// A timed simulation: bounded buffers, a time stamp on every beat, every process a coroutine with a clock of its own.
//
// A process's clock advances by the interval of each loop iteration, waits for the beats it reads (a cycle after they were
// written) and for room in the buffers it writes. Processes see each other only through streams, so the outcome does not
// depend on the order in which they run here. Left out: the depth of each pipeline, some tens of cycles a process.
#ifndef EDGEPACK_TIMED_H
#define EDGEPACK_TIMED_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ep {
namespace timed {

struct process {
    std::string name;
    std::function<void()> body;
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    uint64_t now;
    bool done;
    const char *waits_for;
};

/// What one stream saw.
struct usage {
    std::string name;
    size_t depth;
    size_t most;
};

struct simulation {
    std::deque<process> processes;
    std::deque<process *> ready;
    std::vector<usage> streams;
    std::map<std::string, size_t> depths;  // of streams that are tried with others than the design's
    process *current;
    ucontext_t scheduler;
    int frames;
};

inline simulation &state() {
    static simulation only;
    return only;
}

inline size_t depth_of(const char *name, size_t designed) {
    const std::map<std::string, size_t>::const_iterator tried = state().depths.find(name);
    return tried == state().depths.end() ? designed : tried->second;
}

inline uint64_t now() { return state().current ? state().current->now : 0; }

inline void tick(int cycles) { state().current->now += static_cast<uint64_t>(cycles); }

/// Give way until another process wakes this one.
inline void wait_for(const char *stream) {
    process *self = state().current;
    self->waits_for = stream;
    swapcontext(&self->context, &state().scheduler);
    self->waits_for = nullptr;
}

inline void enter() {
    process *self = state().current;
    for (int frame = 0; frame < state().frames; ++frame) {
        self->body();
    }
    self->done = true;
    swapcontext(&self->context, &state().scheduler);
}

inline void spawn(const char *name, std::function<void()> body) {
    static const size_t STACK = 16u << 20;  // line buffers live on it; untouched pages cost nothing
    state().processes.emplace_back();
    process &made = state().processes.back();
    made.name = name;
    made.body = std::move(body);
    made.stack.reset(new char[STACK]);
    made.now = 0;
    made.done = false;
    made.waits_for = nullptr;
    getcontext(&made.context);
    made.context.uc_stack.ss_sp = made.stack.get();
    made.context.uc_stack.ss_size = STACK;
    made.context.uc_link = nullptr;
    makecontext(&made.context, enter, 0);
    state().ready.push_back(&made);
}

/// Run every process to its end; where none can go on, say who waits for what and exit with status 3.
inline void run() {
    simulation &all = state();
    while (!all.ready.empty()) {
        all.current = all.ready.front();
        all.ready.pop_front();
        swapcontext(&all.scheduler, &all.current->context);
        all.current = nullptr;
    }
    bool stuck = false;
    for (const process &each : all.processes) {
        if (!each.done) {
            printf("deadlock %s %s\n", each.name.c_str(), each.waits_for);
            stuck = true;
        }
    }
    if (stuck) {
        exit(3);
    }
    all.processes.clear();
}

}  // namespace timed
}  // namespace ep

namespace hls {

template <typename T>
class stream {
  public:
    explicit stream(const char *name, size_t depth = SIZE_MAX)
        : label(name), room(depth), reader(nullptr), writer(nullptr) {}
    stream(const stream &) = delete;
    stream &operator=(const stream &) = delete;
    ~stream() { ep::timed::state().streams.push_back({label, room, fullest()}); }

    bool empty() const { return beats.empty(); }
    void write(const T &beat) {
        while (beats.size() >= room) {
            writer = ep::timed::state().current;
            ep::timed::wait_for(label);
        }
        if (written.size() >= room) {
            advance(taken[written.size() - room]);
        }
        push(beat, ep::timed::now());
    }
    T read() {
        while (beats.empty()) {
            reader = ep::timed::state().current;
            ep::timed::wait_for(label);
        }
        const T beat = beats.front();
        beats.pop_front();
        advance(written[taken.size()] + 1);
        taken.push_back(ep::timed::now());
        wake(writer);
        return beat;
    }

    /// From outside: a beat that arrives at a time of its own, and the time at which the next one was written.
    void push(const T &beat, uint64_t when) {
        beats.push_back(beat);
        written.push_back(when);
        wake(reader);
    }
    uint64_t pop() {
        beats.pop_front();
        return written[written.size() - beats.size() - 1];
    }

  private:
    void advance(uint64_t when) {
        ep::timed::process *self = ep::timed::state().current;
        if (self && when > self->now) {
            self->now = when;
        }
    }
    static void wake(ep::timed::process *&sleeper) {
        if (sleeper) {
            ep::timed::state().ready.push_back(sleeper);
            sleeper = nullptr;
        }
    }

    /// Most beats that were in the buffer at one time. Processes run ahead of each other here, so only the stamps tell.
    size_t fullest() const {
        size_t most = 0;
        size_t gone = 0;
        for (size_t k = 0; k < written.size(); ++k) {
            while (gone < taken.size() && taken[gone] <= written[k]) {
                ++gone;
            }
            most = k + 1 - gone > most ? k + 1 - gone : most;
        }
        return most;
    }

    const char *label;
    size_t room;
    ep::timed::process *reader, *writer;
    std::deque<T> beats;
    std::vector<uint64_t> written, taken;  // when each beat came and went
};

}  // namespace hls

#endif
