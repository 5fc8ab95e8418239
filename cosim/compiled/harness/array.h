// SPDX-License-Identifier: BSD-3-Clause
// The analog side of the array's pins: a die image, its comparators, and the protocol (cosim/array_pins.py in C++).
#pragma once

#include "ports.h"

#ifdef HAS_ARRAY

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "noise.h"

class PinError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Sums of a die's columns: clamp(O + sum of driven rows' Q, lo, hi) + noise.
class Die {
  public:
    // Arrays (kernels, rows, cols) and three of (kernels, cols); they are copied.
    void load(const int32_t* q, const int64_t* offset, const int64_t* lo, const int64_t* hi) {
        q_.assign(q, q + std::size_t{KERNELS} * ROWS * COLS);
        offset_.assign(offset, offset + std::size_t{KERNELS} * COLS);
        lo_.assign(lo, lo + std::size_t{KERNELS} * COLS);
        hi_.assign(hi, hi + std::size_t{KERNELS} * COLS);
        narrow_ = true;  // sums of a column's entries fit 32 bits
        for (int kernel = 0; kernel < KERNELS; ++kernel)
            for (int col = 0; col < COLS; ++col) {
                int64_t largest = 0;
                for (int row = 0; row < ROWS; ++row) {
                    const int64_t entry = q_[(std::size_t(kernel) * ROWS + row) * COLS + col];
                    largest += entry < 0 ? -entry : entry;
                }
                narrow_ = narrow_ && largest < (int64_t{1} << 31);
            }
    }

    // Sums [LSB/2^F] of one read of a kernel with the rows of a bit mask driven.
    void sample(int kernel, uint64_t rows, uint32_t image, uint32_t ordinal, int64_t* sums) const {
        if (narrow_)
            add<int32_t>(kernel, rows, sums);
        else
            add<int64_t>(kernel, rows, sums);
        if (noise.any())
            for (int col = 0; col < COLS; ++col) sums[col] += noise.sample(image, ordinal, col);
    }

    ReadNoise noise;

  private:
    template <typename SUM>
    void add(int kernel, uint64_t rows, int64_t* sums) const {
        SUM total[COLS] = {};
        const int32_t* of_kernel = &q_[std::size_t(kernel) * ROWS * COLS];
        for (; rows; rows &= rows - 1) {
            const int32_t* entries = of_kernel + __builtin_ctzll(rows) * COLS;
            for (int col = 0; col < COLS; ++col) total[col] += entries[col];
        }
        const std::size_t first = std::size_t(kernel) * COLS;
        for (int col = 0; col < COLS; ++col)
            sums[col] = std::min(std::max(offset_[first + col] + total[col], lo_[first + col]), hi_[first + col]);
    }

    std::vector<int32_t> q_;
    std::vector<int64_t> offset_, lo_, hi_;
    bool narrow_ = true;
};

// Comparators, sample-and-hold stages and the rules of the pins.
class AnalogSide {
  public:
    Die die;
    uint64_t samples = 0;
    uint32_t settle = 0;
    bool constant = false;  // comparators answer a constant and nothing is checked: the bare loop
    bool held = false;      // not ready, whatever the stalls say
    uint64_t low = 0, high = 0, loose = 0;  // columns whose comparators always answer 0, always 1, or anything

    explicit AnalogSide(MODEL& model) : model_(model) {}

    void restart(uint64_t seed, uint32_t stall) {
        random_.reseed(seed);
        stall_ = stall;
        held = false;
        ready_ = true;
        PORT(array__ready) = 1;
    }

    // At the beginning of a cycle: answers to the trial before, and ready.
    void drive() {
        if (answered_) {
            set(answer_);
            answered_ = false;
            due_ = true;
        } else if (due_) {
            set(random_.next());  // no answer is due: any level must do
            due_ = false;
        }
        const bool ready = !held && !random_.chance(stall_);
        if (ready != ready_) {
            ready_ = ready;
            PORT(array__ready) = ready;
        }
    }

    // Once the cycle has settled: answer its trial, latch its sample, check what is driven.
    void observe() {
        if (constant) {
            samples += PORT(array__sample);
            return;
        }
        if (PORT(array__strobe)) {
            answer_ = ((PORT(array__differential) ? plus_larger_ : answer()) | high) & ~low;
            if (loose) answer_ ^= loose & random_.next();
            answered_ = true;
        }
        observe_lines();
        if (PORT(array__sample)) observe_sample();
    }

  private:
    static constexpr unsigned MODE_BITS = 3;

    void set(uint64_t levels) {
        for (std::size_t word = 0; word < words_of(PORT(array__comparator)); ++word)
            set_word(PORT(array__comparator), word, static_cast<uint32_t>((levels & ALL_COLUMNS) >> (32 * word)));
    }

    uint64_t answer() {
        uint64_t met = 0;
#pragma GCC unroll 64
        for (int col = 0; col < COLS; ++col) {
            const int32_t trial = static_cast<int32_t>(field(PORT(array__trial), col * ADC_BITS, ADC_BITS));
            met |= uint64_t{levels_[col] >= trial} << col;
        }
        if (COLUMNS_PER_ADC > 1) {
            const int phase = PORT(array__phase);
            for (int col = 0; col < COLS; ++col)
                if (col % COLUMNS_PER_ADC != phase && field(PORT(array__trial), col * ADC_BITS, ADC_BITS))
                    throw PinError("trial must be 0 for columns of other phases, and is not for column " +
                                   std::to_string(col));
        }
        return met;
    }

    void observe_lines() {
        bool same = true;
        for (std::size_t word = 0; word < words_of(PORT(array__select)); ++word)
            same = same && word_of(PORT(array__select), word) == select_[word];
        for (std::size_t word = 0; word < words_of(PORT(array__row_mode)); ++word)
            same = same && word_of(PORT(array__row_mode), word) == row_mode_[word];
        if (same) {
            ++driven_for_;
            return;
        }
        driven_for_ = 0;
        selected_ = 0;
        for (std::size_t word = 0; word < words_of(PORT(array__select)); ++word) {
            select_[word] = word_of(PORT(array__select), word);
            selected_ += __builtin_popcount(select_[word]);
        }
        bool driven = false;
        for (std::size_t word = 0; word < words_of(PORT(array__row_mode)); ++word) {
            row_mode_[word] = word_of(PORT(array__row_mode), word);
            driven = driven || row_mode_[word];
        }
        rows_ = 0;
        bool others = false;
        for (int row = 0; row < ROWS; ++row) {
            const uint32_t mode = field(PORT(array__row_mode), row * MODE_BITS, MODE_BITS);
            rows_ |= uint64_t{mode & 1} << row;
            others = others || mode > 1;
        }
        if (selected_ > 1)
            throw PinError("select must be one-hot or 0, and has " + std::to_string(selected_) + " bits");
        if (others) throw PinError("row modes must be reference or read while the chip infers");
        if (PORT(array__pulse)) throw PinError("pulse must be 0 while the chip infers");
        if (driven && !selected_) throw PinError("rows must be at the reference while no kernel is selected");
    }

    void observe_sample() {
        const unsigned kernel = PORT(array__kernel);
        if (selected_ != 1 || kernel >= KERNELS || !field(PORT(array__select), kernel, 1))
            throw PinError("select must be one-hot for kernel " + std::to_string(kernel) + " at a sample");
        for (std::size_t word = 0; word < words_of(PORT(array__col_mode)); ++word)
            if (word_of(PORT(array__col_mode), word)) throw PinError("column modes must be reference at a sample");
        uint64_t gates = 0;
        for (std::size_t word = 0; word < words_of(PORT(array__gate)); ++word)
            gates |= uint64_t{word_of(PORT(array__gate), word)} << (32 * word);
        if (gates != ALL_COLUMNS) throw PinError("gates must all be on at a sample");
        if (PORT(array__pulse)) throw PinError("pulse must be 0 at a sample");
        if (!ready_) throw PinError("sample must wait for ready");
        if (driven_for_ < settle)
            throw PinError("rows must be driven for " + std::to_string(settle) + " cycles before a sample, not " +
                           std::to_string(driven_for_));
        int64_t sums[COLS];
        die.sample(static_cast<int>(kernel), rows_, PORT(array__tag_image), PORT(array__tag_ordinal), sums);
        latch(sums);
        ++samples;
    }

    void latch(const int64_t* sums) {
        // S + 2^(F-1) >= trial << F holds just when (S + 2^(F-1)) >> F >= trial; a negative level meets no trial.
        constexpr int64_t top = (int64_t{1} << ADC_BITS) - 1, half = int64_t{1} << (FRACTION_BITS - 1);
        for (int col = 0; col < COLS; ++col)
            levels_[col] =
                static_cast<int32_t>(std::min(std::max((sums[col] + half) >> FRACTION_BITS, int64_t{-1}), top));
        plus_larger_ = 0;
        for (int col = 0; col + 1 < COLS; col += 2) plus_larger_ |= uint64_t{sums[col] >= sums[col + 1]} << col;
    }

    static constexpr uint64_t ALL_COLUMNS = COLS < 64 ? (uint64_t{1} << (COLS % 64)) - 1 : ~uint64_t{0};

    MODEL& model_;
    Random random_;
    uint32_t stall_ = 0;
    bool ready_ = true, answered_ = false, due_ = false;
    uint64_t answer_ = 0, plus_larger_ = 0, rows_ = 0;
    int32_t levels_[COLS] = {};
    uint32_t select_[(KERNELS + 31) / 32 + 1] = {}, row_mode_[(ROWS * MODE_BITS + 31) / 32 + 1] = {};
    int selected_ = 0;
    uint32_t driven_for_ = 0;
};

#endif
