// SPDX-License-Identifier: BSD-3-Clause
// What the trace ports show, written where the golden record has it; what has no place there is kept apart.
#pragma once

#include "bus.h"
#include "ports.h"

#include <cstring>
#include <vector>

// One event that was not expected, or came again: stage 0 codes, 1 accumulators, 2 activations, 3 classes.
struct Stray {
    uint32_t stage, image, place, kernel, cycle;
    int32_t value;
};

// Images of one run and where their events go; the Python side has the same structure (engine.py).
struct Run {
    const uint64_t* stream;      // (images, beats)
    int64_t images, beats;
    int64_t reads, emits, pooled, hidden;  // of an image: reads, accumulations, activation words, hidden layers
    const int32_t* emit_of_read; // (reads,) which accumulation ends with that read, or -1
    const int32_t* pooled_start; // (hidden + 1,)
    int64_t patience, deadline;  // cycles without a sample, cycles in all
    int64_t seed;
    uint32_t first_index, image_pause, result_pause, stall;  // probabilities in 1/2^32
    uint32_t record;             // whether events are kept
    uint32_t stray_capacity;
    int16_t* codes;              // (images, reads, cols)
    uint8_t* kernels;            // (images, reads)
    uint32_t* code_cycles;       // (images, reads); 0: it has not come
    int32_t* accumulators;       // (images, emits, pairs)
    uint32_t* accumulator_cycles;
    uint8_t* activations;        // (images, pooled, pairs)
    uint32_t* activation_cycles;
    int32_t* classes;            // (images,)
    uint32_t* class_cycles;
    uint32_t* words;             // (images,) of the result stream, in the order in which they came
    Stray* strays;
    Access* accesses;            // to the registers meanwhile
    int64_t access_count;
    const uint8_t* last;         // (images * beats,) tlast of each word; null: on the last of every image
    const uint32_t* gaps;        // (images * beats,) least cycles from the word before to this one's offer; null: 0
    int64_t result_from, result_until, ready_from, ready_until;  // cycles in which neither is ready
    int64_t stray_count, word_count, samples, cycles;
};

class Recorder {
  public:
    explicit Recorder(MODEL& model) : model_(model) {}

    void begin(Run& run) {
        run_ = &run;
        run.stray_count = run.word_count = 0;
        activations_seen_.assign(static_cast<std::size_t>(run.images * run.hidden), 0);
    }

    // Once a cycle has settled; returns how many reads and results were seen in it.
    unsigned observe(uint32_t cycle) {
        unsigned seen = 0;
#ifdef HAS_TRACE
        if (PORT(trace__codes__valid)) {
            ++seen;
            if (run_->record) codes(cycle);
        }
        if (run_->record) {
            if (PORT(trace__acc__valid)) accumulators(cycle);
            if (PORT(trace__activation__valid)) activations(cycle);
            if (PORT(trace__result__valid)) result(cycle);
        }
#else
        (void)cycle;
#endif
        return seen;
    }

    void word(uint32_t value, uint32_t cycle) {
        if (run_->word_count < run_->images) {
            run_->words[run_->word_count] = value;
#ifndef HAS_TRACE
            run_->classes[run_->word_count] = static_cast<int32_t>(value & 0xFF);
            run_->class_cycles[run_->word_count] = cycle;
#else
            (void)cycle;
#endif
        }
        ++run_->word_count;
    }

  private:
    void stray(uint32_t stage, uint32_t image, uint32_t place, uint32_t kernel, uint32_t cycle, int32_t value) {
        if (run_->stray_count < static_cast<int64_t>(run_->stray_capacity))
            run_->strays[run_->stray_count] = {stage, image, place, kernel, cycle, value};
        ++run_->stray_count;
    }

    // Place of an event of which each image has `count`; -1 where it has none or is taken.
    int64_t place(uint32_t image, int64_t within, int64_t count, const uint32_t* stamps) const {
        const int64_t number = static_cast<int64_t>(image) - static_cast<int64_t>(run_->first_index);
        if (number < 0 || number >= run_->images || within < 0 || within >= count) return -1;
        const int64_t item = number * count + within;
        return stamps[item] ? -1 : item;
    }

#ifdef HAS_TRACE
    void codes(uint32_t cycle) {
        const uint32_t image = PORT(trace__codes__image), ordinal = PORT(trace__codes__ordinal);
        const uint32_t kernel = PORT(trace__codes__kernel);
        const int64_t item = place(image, ordinal, run_->reads, run_->code_cycles);
        if (item < 0) {
            const int32_t value = static_cast<int32_t>(field(PORT(trace__codes__codes), 0, ADC_BITS));
            stray(0, image, ordinal, kernel, cycle, value);
            return;
        }
        int16_t* target = run_->codes + item * COLS;
#pragma GCC unroll 64
        for (int col = 0; col < COLS; ++col)
            target[col] = static_cast<int16_t>(field(PORT(trace__codes__codes), col * ADC_BITS, ADC_BITS));
        run_->kernels[item] = static_cast<uint8_t>(kernel);
        run_->code_cycles[item] = cycle;
    }

    static int32_t lane_value(int32_t raw) {
        constexpr uint32_t sign = uint32_t{1} << (ACC_BITS - 1);
        return static_cast<int32_t>((static_cast<uint32_t>(raw) ^ sign) - sign);
    }

    void accumulators(uint32_t cycle) {
        const uint32_t image = PORT(trace__acc__image), ordinal = PORT(trace__acc__ordinal);
        const int64_t emit = ordinal < run_->reads ? run_->emit_of_read[ordinal] : -1;
        const int64_t item = place(image, emit, run_->emits, run_->accumulator_cycles);
        if (item < 0) {
            const uint32_t raw = field(PORT(trace__acc__acc), 0, ACC_BITS);
            stray(1, image, ordinal, 0, cycle, lane_value(static_cast<int32_t>(raw)));
            return;
        }
        int32_t* target = run_->accumulators + item * PAIRS;
        for (int lane = 0; lane < PAIRS; ++lane)
            target[lane] =
                lane_value(static_cast<int32_t>(field(PORT(trace__acc__acc), lane * ACC_BITS, ACC_BITS)));
        run_->accumulator_cycles[item] = cycle;
    }

    void activations(uint32_t cycle) {
        const uint32_t image = PORT(trace__activation__image), layer = PORT(trace__activation__layer);
        const int64_t number = static_cast<int64_t>(image) - static_cast<int64_t>(run_->first_index);
        int64_t within = -1;
        if (number >= 0 && number < run_->images && layer < run_->hidden) {
            within = run_->pooled_start[layer] + activations_seen_[number * run_->hidden + layer]++;
            if (within >= run_->pooled_start[layer + 1]) within = -1;
        }
        const int64_t item = place(image, within, run_->pooled, run_->activation_cycles);
        if (item < 0) {
            const uint32_t value = field(PORT(trace__activation__activations), 0, ACTIVATION_BITS);
            stray(2, image, layer, 0, cycle, static_cast<int32_t>(value));
            return;
        }
        uint8_t* target = run_->activations + item * PAIRS;
        for (int lane = 0; lane < PAIRS; ++lane)
            target[lane] = static_cast<uint8_t>(
                field(PORT(trace__activation__activations), lane * ACTIVATION_BITS, ACTIVATION_BITS));
        run_->activation_cycles[item] = cycle;
    }

    void result(uint32_t cycle) {
        const uint32_t image = PORT(trace__result__image);
        const int32_t label = static_cast<int32_t>(PORT(trace__result__label));
        const int64_t item = place(image, 0, 1, run_->class_cycles);
        if (item < 0) {
            stray(3, image, 0, 0, cycle, label);
            return;
        }
        run_->classes[item] = label;
        run_->class_cycles[item] = cycle;
    }
#endif

    MODEL& model_;
    Run* run_ = nullptr;
    std::vector<uint32_t> activations_seen_;
};
