// SPDX-License-Identifier: BSD-3-Clause
// A Verilated design with its host and its array around it: the cycle loop, and what Python calls.
#include "ports.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "array.h"
#include "bus.h"
#include "handshakes.h"
#include "noise.h"
#include "recorder.h"

namespace {

class HostError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Engine {
  public:
    std::string error;
    uint64_t cycles = 0;

    Engine(uint32_t seed, bool random_state)
        : context_(std::make_unique<VerilatedContext>()),
          model_holder_(make_model(*context_, seed, random_state)),
          model_(*model_holder_),
#ifdef HAS_ARRAY
          array(model_),
#endif
          handshakes(model_),
          traffic_(model_),
          recorder_(model_) {
        // Random contents are the design's; what drives it is known from the beginning.
#define CLEAR(NUMBER, PORT) \
    for (std::size_t i = 0; i < words_of(model_.PORT); ++i) set_word(model_.PORT, i, 0);
        EVERY_INPUT(CLEAR)
        PORT(rst) = 1;
#ifdef HAS_ARRAY
        PORT(array__ready) = 1;
#endif
#ifdef HAS_REPORT
        PORT(report__tready) = 1;  // no command is given: nothing comes
#endif
    }
    ~Engine() { model_holder_->final(); }

    void reset(int count) {
        watched_ = false;
        PORT(rst) = 1;
        for (int i = 0; i < count; ++i) cycle();
        PORT(rst) = 0;
        watched_ = true;
        cycle();
    }

    void cycle() {
        begin_cycle();
        end_cycle();
    }

    uint32_t write(uint32_t address, uint32_t data) {
        PORT(s_axi__awaddr) = address;
        PORT(s_axi__wdata) = data;
        PORT(s_axi__wstrb) = 0xF;
        PORT(s_axi__awvalid) = PORT(s_axi__wvalid) = PORT(s_axi__bready) = 1;
        uint32_t response = 0;
        bool answered = false;
        for (int waited = 0; !answered; ++waited) {
            begin_cycle();
            const bool address_taken = PORT(s_axi__awvalid) && PORT(s_axi__awready);
            const bool data_taken = PORT(s_axi__wvalid) && PORT(s_axi__wready);
            answered = PORT(s_axi__bvalid);
            if (answered) response = PORT(s_axi__bresp);
            end_cycle();
            if (address_taken) PORT(s_axi__awvalid) = 0;
            if (data_taken) PORT(s_axi__wvalid) = 0;
            if (waited > BUS_PATIENCE) throw HostError("bus must answer a write, and does not");
        }
        PORT(s_axi__bready) = 0;
        return response;
    }

    uint32_t read(uint32_t address, uint32_t& data) {
        PORT(s_axi__araddr) = address;
        PORT(s_axi__arvalid) = PORT(s_axi__rready) = 1;
        uint32_t response = 0;
        bool answered = false;
        for (int waited = 0; !answered; ++waited) {
            begin_cycle();
            const bool address_taken = PORT(s_axi__arvalid) && PORT(s_axi__arready);
            answered = PORT(s_axi__rvalid);
            if (answered) {
                response = PORT(s_axi__rresp);
                data = PORT(s_axi__rdata);
            }
            end_cycle();
            if (address_taken) PORT(s_axi__arvalid) = 0;
            if (waited > BUS_PATIENCE) throw HostError("bus must answer a read, and does not");
        }
        PORT(s_axi__rready) = 0;
        return response;
    }

    // Streams the images of a run and keeps what comes of them. However it ends, the host lets go of bus and stream.
    void run(Run& run) {
        traffic_.begin(run.accesses, run.access_count);
        try {
            stream_images(run);
        } catch (...) {
            traffic_.let_go();
            PORT(image__tvalid) = 0;
            throw;
        }
        traffic_.let_go();
        PORT(image__tvalid) = 0;
    }

    // Cycles in which no image comes and every result is taken.
    void idle(int64_t count) {
        PORT(image__tvalid) = 0;
        PORT(result__tready) = 1;
        for (int64_t i = 0; i < count; ++i) {
            begin_cycle();
            end_cycle();
        }
    }

    // Puts words on the image stream and waits until all are taken; results that come meanwhile are dropped.
    void feed(const uint64_t* stream, int64_t images, int64_t beats, int64_t limit) {
        PORT(result__tready) = 1;
        for (int64_t next = 0; next < images * beats;) {
            set_stream_word(stream[next]);
            PORT(image__tlast) = next % beats == beats - 1;
            PORT(image__tvalid) = 1;
            begin_cycle();
            next += PORT(image__tready) ? 1 : 0;
            end_cycle();
            if (--limit < 0) throw HostError("design must take the image stream, and has not");
        }
        PORT(image__tvalid) = 0;
    }

    // Loads a die into a design that has the array in it, a word a cycle.
    void send_die(const uint32_t* words, int64_t count) {
#ifdef HAS_DIE
        for (int64_t i = 0; i < count;) {
            PORT(die__tdata) = words[i];
            PORT(die__tlast) = i == count - 1;
            PORT(die__tvalid) = 1;
            begin_cycle();
            i += PORT(die__tready) ? 1 : 0;
            end_cycle();
        }
        PORT(die__tvalid) = PORT(die__tlast) = 0;
        for (int i = 0; i < AFTER_LAST; ++i) cycle();
#else
        (void)words, (void)count;
        throw HostError("design must have a stream for dies to be sent to, and has none");
#endif
    }

    MODEL& model() { return model_; }
    void settle() { model_.eval(); }

  private:
    static constexpr int BUS_PATIENCE = 1000;
    static constexpr int AFTER_LAST = 4;  // a result too many would come in these cycles

    void stream_images(Run& run) {
        const uint64_t started = cycles;
        recorder_.begin(run);
        random_.reseed(static_cast<uint64_t>(run.seed) * 2 + 1);
#ifdef HAS_ARRAY
        array.restart(static_cast<uint64_t>(run.seed) * 2, run.stall);
        array.samples = 0;
#endif
        const int64_t words = run.images * run.beats;
        int64_t next = 0, quiet = 0, beat = 0, after = 0, gap = words && run.gaps ? run.gaps[0] : 0;
        bool offered = false;
        run.samples = run.cycles = 0;
        PORT(result__tready) = 1;
        while (after < AFTER_LAST) {
            const uint32_t now = static_cast<uint32_t>(cycles - started + 1);
            if (!offered && next < words && gap-- <= 0 && !random_.chance(run.image_pause)) {
                offered = true;
                set_stream_word(run.stream[next]);
                PORT(image__tlast) = run.last ? run.last[next] : beat == run.beats - 1;
            }
            PORT(image__tvalid) = offered;
            if (run.result_pause || run.result_until)
                PORT(result__tready) =
                    !(now >= run.result_from && now < run.result_until) && !random_.chance(run.result_pause);
#ifdef HAS_ARRAY
            array.held = now >= run.ready_from && now < run.ready_until;
#endif
            traffic_.drive(now);
            begin_cycle();
            traffic_.observe(now);
            bool progress = recorder_.observe(now);
#ifdef HAS_ARRAY
            progress = PORT(array__sample);
#endif
            if (offered && PORT(image__tready)) {
                offered = false;
                ++next;
                gap = next < words && run.gaps ? run.gaps[next] : 0;
                if (++beat == run.beats) beat = 0;
            }
            if (PORT(result__tvalid) && PORT(result__tready)) {
                recorder_.word(PORT(result__tdata), now);
                progress = true;
            }
            end_cycle();
            const bool answered = run.word_count >= run.images;
            if (answered && !traffic_.busy()) ++after;
            quiet = progress || answered ? 0 : quiet + 1;
            run.cycles = static_cast<int64_t>(now);
            if (after == 0 && quiet > run.patience)
                throw HostError("design must go on reading, and has not for " + std::to_string(run.patience) +
                                " cycles");
            if (after == 0 && run.cycles > run.deadline)
                throw HostError("design must be done with its images, and is not by cycle " +
                                std::to_string(cycles));
        }
#ifdef HAS_ARRAY
        run.samples = static_cast<int64_t>(array.samples);
#endif
    }

    static std::unique_ptr<MODEL> make_model(VerilatedContext& context, uint32_t seed, bool random_state) {
        context.randReset(random_state ? 2 : 0);
        context.randSeed(static_cast<int>(seed & 0x7FFFFFFF));
        return std::make_unique<MODEL>(&context);
    }

    // One clock cycle: its inputs are set, the logic settles, outputs are looked at; then registers take their values.
    // That makes two evaluations, for the falling edge goes with the inputs.
    void begin_cycle() {
#ifdef HAS_ARRAY
        array.drive();
#endif
        PORT(clk) = 0;
        model_.eval();
#ifdef HAS_ARRAY
        if (watched_) array.observe();
#endif
        if (watched_) handshakes.observe();
    }

    void end_cycle() {
        PORT(clk) = 1;
        model_.eval();
        ++cycles;
    }

    void set_stream_word(uint64_t word) {
        for (std::size_t i = 0; i < words_of(PORT(image__tdata)); ++i)
            set_word(PORT(image__tdata), i, static_cast<uint32_t>(word >> (32 * i)));
    }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<MODEL> model_holder_;
    MODEL& model_;
    bool watched_ = false;  // not before and in a reset: registers may hold anything

  public:
#ifdef HAS_ARRAY
    AnalogSide array;
#endif
    Handshakes handshakes;

  private:
    BusTraffic traffic_;
    Recorder recorder_;
    Random random_;
};

template <typename FUNCTION>
int guarded(Engine* engine, FUNCTION function) {
    try {
        function();
        return 0;
    } catch (const std::exception& problem) {
        engine->error = problem.what();
        return 1;
    }
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) Engine* engine_new(uint32_t seed, int random_state) {
    return new Engine(seed, random_state != 0);
}
__attribute__((visibility("default"))) void engine_delete(Engine* engine) { delete engine; }
__attribute__((visibility("default"))) const char* engine_error(Engine* engine) { return engine->error.c_str(); }
__attribute__((visibility("default"))) uint64_t engine_cycles(Engine* engine) { return engine->cycles; }
__attribute__((visibility("default"))) int engine_reset(Engine* engine, int count) {
    return guarded(engine, [&] { engine->reset(count); });
}
// Writes `count` words from an address on; `response` is the first that is not OKAY, `failed` its number.
__attribute__((visibility("default"))) int engine_write(
    Engine* engine, uint32_t address, const uint32_t* words, int64_t count, uint32_t* response, int64_t* failed) {
    return guarded(engine, [&] {
        for (int64_t i = 0; i < count; ++i) {
            *response = engine->write(address + 4 * static_cast<uint32_t>(i), words[i]);
            *failed = i;
            if (*response) return;
        }
    });
}
__attribute__((visibility("default"))) int engine_read(
    Engine* engine, uint32_t address, uint32_t* data, uint32_t* response) {
    return guarded(engine, [&] { *response = engine->read(address, *data); });
}
__attribute__((visibility("default"))) int engine_run(Engine* engine, Run* run) {
    return guarded(engine, [&] { engine->run(*run); });
}
__attribute__((visibility("default"))) int engine_idle(Engine* engine, int64_t count) {
    return guarded(engine, [&] { engine->idle(count); });
}
__attribute__((visibility("default"))) int engine_feed(
    Engine* engine, const uint64_t* stream, int64_t images, int64_t beats, int64_t limit) {
    return guarded(engine, [&] { engine->feed(stream, images, beats, limit); });
}
__attribute__((visibility("default"))) int engine_send_die(Engine* engine, const uint32_t* words, int64_t count) {
    return guarded(engine, [&] { engine->send_die(words, count); });
}
// The pins' settings: cycles before a sample, and whether comparators are constant.
__attribute__((visibility("default"))) void engine_pins(Engine* engine, uint32_t settle, int constant) {
#ifdef HAS_ARRAY
    engine->array.settle = settle;
    engine->array.constant = constant != 0;
#else
    (void)engine, (void)settle, (void)constant;
#endif
}
// Comparators that always answer 0, always 1, or anything: a bit mask of columns each.
__attribute__((visibility("default"))) void engine_comparators(
    Engine* engine, uint64_t low, uint64_t high, uint64_t loose) {
#ifdef HAS_ARRAY
    engine->array.low = low;
    engine->array.high = high;
    engine->array.loose = loose;
#else
    (void)engine, (void)low, (void)high, (void)loose;
#endif
}
__attribute__((visibility("default"))) void engine_die(
    Engine* engine, const int32_t* q, const int64_t* offset, const int64_t* lo, const int64_t* hi, int64_t sigma,
    uint32_t seed, uint32_t die) {
#ifdef HAS_ARRAY
    engine->array.die.load(q, offset, lo, hi);
    engine->array.die.noise.set(sigma, seed, die);
#else
    (void)engine, (void)q, (void)offset, (void)lo, (void)hi, (void)sigma, (void)seed, (void)die;
#endif
}
// Noise of one column in one read, for a comparison with the golden model's committed vectors.
__attribute__((visibility("default"))) int64_t engine_noise(
    int64_t sigma, uint32_t seed, uint32_t die, uint32_t image, uint32_t ordinal, uint32_t column) {
    ReadNoise noise;
    noise.set(sigma, seed, die);
    return noise.any() ? noise.sample(image, ordinal, column) : 0;
}
// What the handshakes did since they were last cleared, by channel and kind.
__attribute__((visibility("default"))) void engine_handshakes(Engine* engine, uint64_t* counts, int clear) {
    const uint64_t* found = engine->handshakes.counts();
    for (int i = 0; i < Handshakes::CHANNELS * Handshakes::KINDS; ++i) counts[i] = found[i];
    if (clear) engine->handshakes.clear();
}
// A port's words, by its number among the design's ports.
__attribute__((visibility("default"))) void engine_peek(Engine* engine, int number, uint32_t* words) {
    MODEL& model_ = engine->model();
    switch (number) {
#define PEEK(NUMBER, PORT)                                                                        \
    case NUMBER:                                                                                  \
        for (std::size_t i = 0; i < words_of(model_.PORT); ++i) words[i] = word_of(model_.PORT, i); \
        break;
        EVERY_PORT(PEEK)
    }
}
__attribute__((visibility("default"))) void engine_poke(Engine* engine, int number, const uint32_t* words) {
    MODEL& model_ = engine->model();
    switch (number) {
#define POKE(NUMBER, PORT)                                                                        \
    case NUMBER:                                                                                  \
        for (std::size_t i = 0; i < words_of(model_.PORT); ++i) set_word(model_.PORT, i, words[i]); \
        break;
        EVERY_PORT(POKE)
    }
}
__attribute__((visibility("default"))) void engine_settle(Engine* engine) { engine->settle(); }

}  // extern "C"
