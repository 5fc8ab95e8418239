// SPDX-License-Identifier: BSD-3-Clause
// Read noise as model/golden/noise.py defines it: Philox4x32-10 through a table of quantiles, integers only.
#pragma once

#include <cstdint>

#include "design.h"

class ReadNoise {
  public:
    void set(int64_t sigma, uint32_t seed, uint32_t die) {
        sigma_ = sigma;
        seed_ = seed;
        die_ = die;
    }
    bool any() const { return sigma_ != 0; }

    // Noise of one column in one read [LSB/2^F].
    int64_t sample(uint32_t image, uint32_t ordinal, uint32_t column) const {
        uint32_t c0 = image, c1 = ordinal, c2 = column, c3 = 0, k0 = seed_, k1 = die_;
        for (int round = 0; round < 10; ++round) {
            const uint64_t p0 = uint64_t{c0} * 0xD2511F53u, p1 = uint64_t{c2} * 0xCD9E8D57u;
            const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
            const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
            c1 = static_cast<uint32_t>(p1);
            c3 = static_cast<uint32_t>(p0);
            c0 = n0;
            c2 = n2;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        const int64_t total = int64_t{NOISE_TABLE[c0 >> 24]} + NOISE_TABLE[c1 >> 24] + NOISE_TABLE[c2 >> 24] +
                              NOISE_TABLE[c3 >> 24];
        return (sigma_ * total + (1 << 10)) >> 11;
    }

  private:
    int64_t sigma_ = 0;
    uint32_t seed_ = 0, die_ = 0;
};
