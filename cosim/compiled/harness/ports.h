// SPDX-License-Identifier: BSD-3-Clause
// Fields of the design's ports, whichever of Verilator's types holds them; "design.h" is written by library.py.
#pragma once

#include <cstddef>
#include <cstdint>

#include "verilated.h"
#include "design.h"

// Bits low .. low + width - 1 of a port, width from 1 to 32.
template <typename T>
static inline uint32_t field(const T& port, unsigned low, unsigned width) {
    const uint64_t mask = (uint64_t{1} << width) - 1;
    return static_cast<uint32_t>((static_cast<uint64_t>(port) >> low) & mask);
}

template <std::size_t WORDS>
static inline uint32_t field(const VlWide<WORDS>& port, unsigned low, unsigned width) {
    const std::size_t word = low / 32;
    uint64_t pair = port[word];
    if (word + 1 < WORDS) pair |= static_cast<uint64_t>(port[word + 1]) << 32;
    const uint64_t mask = (uint64_t{1} << width) - 1;
    return static_cast<uint32_t>((pair >> (low % 32)) & mask);
}

// Words of 32 bits that hold a port.
template <typename T>
constexpr std::size_t words_of(const T&) {
    return sizeof(T) > 4 ? 2 : 1;
}

template <std::size_t WORDS>
constexpr std::size_t words_of(const VlWide<WORDS>&) {
    return WORDS;
}

template <typename T>
static inline uint32_t word_of(const T& port, std::size_t word) {
    return static_cast<uint32_t>(static_cast<uint64_t>(port) >> (32 * word));
}

template <std::size_t WORDS>
static inline uint32_t word_of(const VlWide<WORDS>& port, std::size_t word) {
    return port[word];
}

template <typename T>
static inline void set_word(T& port, std::size_t word, uint32_t value) {
    const uint64_t kept = static_cast<uint64_t>(port) & ~(uint64_t{0xFFFFFFFF} << (32 * word));
    port = static_cast<T>(kept | static_cast<uint64_t>(value) << (32 * word));
}

template <std::size_t WORDS>
static inline void set_word(VlWide<WORDS>& port, std::size_t word, uint32_t value) {
    port[word] = value;
}

// Least bits that number so many things, at least one.
constexpr unsigned bits_for(unsigned count) {
    unsigned bits = 1;
    while ((1u << bits) < count) ++bits;
    return bits;
}

// xorshift64*: levels that mean nothing, pauses, stalls. Never part of an answer.
class Random {
  public:
    explicit Random(uint64_t seed = 0) { reseed(seed); }
    void reseed(uint64_t seed) {
        state_ = seed * 0x9E3779B97F4A7C15u ^ 0xD1B54A32D192ED03u;
        if (!state_) state_ = 1;
        for (int i = 0; i < 4; ++i) next();
    }
    uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1Du;
    }
    // True with probability threshold / 2^32.
    bool chance(uint32_t threshold) { return threshold && static_cast<uint32_t>(next() >> 32) < threshold; }

  private:
    uint64_t state_ = 1;
};
