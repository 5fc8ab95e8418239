// SPDX-License-Identifier: BSD-3-Clause
// What the handshakes at the design's ports did, counted in every cycle; for the functional coverage.
#pragma once

#include "ports.h"

class Handshakes {
  public:
    // As cosim/compiled/interface.py names them.
    enum Channel { WRITE_ADDRESS, WRITE_DATA, WRITE_RESPONSE, READ_ADDRESS, READ_DATA, IMAGE, RESULT, REPORT, ARRAY };
    static constexpr int CHANNELS = ARRAY + 1;
    // Cycles: offered and not taken; taken; taken in the very next cycle after another.
    enum Kind { STALLED, TAKEN, IN_A_ROW };
    static constexpr int KINDS = IN_A_ROW + 1;

    explicit Handshakes(MODEL& model) : model_(model) {}

    const uint64_t* counts() const { return &counts_[0][0]; }

    void clear() {
        for (int channel = 0; channel < CHANNELS; ++channel) {
            for (uint64_t& count : counts_[channel]) count = 0;
            before_[channel] = false;
        }
    }

    // Once the cycle has settled.
    void observe() {
        note(WRITE_ADDRESS, PORT(s_axi__awvalid), PORT(s_axi__awready));
        note(WRITE_DATA, PORT(s_axi__wvalid), PORT(s_axi__wready));
        note(WRITE_RESPONSE, PORT(s_axi__bvalid), PORT(s_axi__bready));
        note(READ_ADDRESS, PORT(s_axi__arvalid), PORT(s_axi__arready));
        note(READ_DATA, PORT(s_axi__rvalid), PORT(s_axi__rready));
        note(IMAGE, PORT(image__tvalid), PORT(image__tready));
        note(RESULT, PORT(result__tvalid), PORT(result__tready));
#ifdef HAS_REPORT
        note(REPORT, PORT(report__tvalid), PORT(report__tready));
#endif
#ifdef HAS_ARRAY
        // The array holds a read up while its rows are driven and it is not ready.
        bool selected = false;
        for (std::size_t word = 0; word < words_of(PORT(array__select)); ++word)
            selected = selected || word_of(PORT(array__select), word);
        counts_[ARRAY][STALLED] += selected && !PORT(array__ready);
        counts_[ARRAY][TAKEN] += PORT(array__sample);
#endif
    }

  private:
    void note(Channel channel, bool valid, bool ready) {
        const bool taken = valid && ready;
        counts_[channel][STALLED] += valid && !ready;
        counts_[channel][TAKEN] += taken;
        counts_[channel][IN_A_ROW] += taken && before_[channel];
        before_[channel] = taken;
    }

    MODEL& model_;
    uint64_t counts_[CHANNELS][KINDS] = {};
    bool before_[CHANNELS] = {};
};
