// SPDX-License-Identifier: BSD-3-Clause
// A Verilated board: bytes in, bytes out, cycle by cycle. SERIAL is the number of cycles of a bit where the design has
// the pins rx and tx; without it bytes pass beside the serial line. With BESIDE, too, the registers of the line are ports,
// and it never works.
#include "Vtop.h"
#include "verilated.h"

#include <cstddef>
#include <cstdint>
#include <memory>

// Verilator writes a second underscore as __05F.
#define received__valid received___05Fvalid
#define received__payload received___05Fpayload
#define sent__valid sent___05Fvalid
#define sent__payload sent___05Fpayload
#define sent__ready sent___05Fready

namespace {

#ifdef SERIAL
// The host's two ends of the serial line: a byte is ten bits.
class Line {
  public:
    bool give(uint8_t byte) {
        if (sending_) return false;
        shift_ = (1u << 9) | (unsigned(byte) << 1);
        sending_ = 10;
        timer_ = SERIAL;
        return true;
    }
    bool resting() const { return !sending_ && !receiving_ && calm_ > 4 * SERIAL; }
    int level() const { return sending_ ? shift_ & 1 : 1; }
    // One cycle; true when a byte has come.
    bool step(bool tx, uint8_t& byte) {
        if (sending_ && --timer_ == 0) {
            shift_ >>= 1;
            --sending_;
            timer_ = SERIAL;
        }
        calm_ = tx && !sending_ ? calm_ + 1 : 0;
        if (!receiving_) {
            if (!tx) {
                receiving_ = 10;
                wait_ = SERIAL / 2;
            }
            return false;
        }
        if (wait_-- > 0) return false;
        wait_ = SERIAL - 1;
        bits_ = (bits_ >> 1) | (unsigned(tx) << 9);
        if (--receiving_) return false;
        byte = uint8_t(bits_ >> 1);
        return true;
    }

  private:
    unsigned shift_ = 0, bits_ = 0;
    int sending_ = 0, timer_ = 0, receiving_ = 0, wait_ = 0;
    uint64_t calm_ = 0;
};
#endif

class Board {
  public:
    uint64_t cycles = 0;

    Board() : context_(std::make_unique<VerilatedContext>()), model_(std::make_unique<Vtop>(context_.get())) {
        reset(2);
#ifdef BESIDE
        // No byte comes before the reset that follows configuration is over.
        for (int i = 0; i < 2048; ++i) edge();
#endif
    }
    ~Board() { model_->final(); }

    void reset(int count) {
        model_->rst = 1;
#if defined(SERIAL) || defined(BESIDE)
        model_->rx = 1;
#else
        model_->received__valid = 0;
        model_->sent__ready = 0;
#endif
        for (int i = 0; i < count; ++i) edge();
        model_->rst = 0;
        model_->eval();
    }

    // Until the bytes are gone and nothing is left to do, or for so many cycles.
    void run(const uint8_t* in, size_t given, size_t* taken, uint8_t* out, size_t room, size_t* got, uint64_t limit,
             uint64_t gap, int wait) {
        size_t used = 0, count = 0;
        for (uint64_t cycle = 0; cycle < limit && count < room; ++cycle) {
#ifdef BESIDE
            // The receiver stands at the end of a byte whenever there is one; the transmitter is free, or clears its bits.
            (void)wait;
            bool offered = used < given && cycles >= next_in_;
            model_->rx = 1;
            model_->receiver_timer = model_->transmitter_timer = 0;
            model_->receiver_left = offered;
            if (offered) {
                model_->receiver_bits = in[used++];
                next_in_ = cycles + gap;
            }
            model_->transmitter_left = clearing_ > 0;
            edge();
            if (clearing_) {
                --clearing_;
            } else if (!(model_->transmitter_bits & 1)) {
                out[count++] = uint8_t(model_->transmitter_bits >> 1);
                clearing_ = 10;
            }
            calm_ = offered || clearing_ || (model_->lights & 4) ? 0 : calm_ + 1;
            if (used == given && calm_ > CALM) break;
#elif defined(SERIAL)
            (void)gap, (void)wait;
            if (used < given && line_.give(in[used])) ++used;
            model_->rx = line_.level();
            model_->eval();
            uint8_t byte;
            if (line_.step(model_->tx, byte)) out[count++] = byte;
            bool quiet = !(model_->lights & 4) && line_.resting();
            edge();
            if (used == given && quiet) break;
#else
            // Neither room nor what is sent depends on these inputs in the same cycle.
            bool offered = used < given && cycles >= next_in_ && (!wait || model_->room);
            model_->received__valid = offered;
            if (offered) {
                model_->received__payload = in[used++];
                next_in_ = cycles + gap;
            }
            model_->sent__ready = cycles >= next_out_;
            if (model_->sent__valid && model_->sent__ready) {
                out[count++] = model_->sent__payload;
                next_out_ = cycles + gap;
            }
            bool quiet = model_->quiet && !offered;
            edge();
            if (used == given && quiet) break;
#endif
        }
        *taken = used;
        *got = count;
    }

  private:
    void edge() {
        model_->clk = 0;
        model_->eval();
        model_->clk = 1;
        model_->eval();
        ++cycles;
    }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vtop> model_;
#ifdef SERIAL
    Line line_;
#else
    uint64_t next_in_ = 0, next_out_ = 0;
#endif
#ifdef BESIDE
    // So long a byte may be on its way in the link without the board's saying so.
    static constexpr int CALM = 100;
    int clearing_ = 0, calm_ = 0;
#endif
};

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED void* board_new() { return new Board; }
EXPORTED void board_delete(void* board) { delete static_cast<Board*>(board); }
EXPORTED void board_reset(void* board) { static_cast<Board*>(board)->reset(2); }
EXPORTED uint64_t board_cycles(void* board) { return static_cast<Board*>(board)->cycles; }
EXPORTED void board_run(void* board, const uint8_t* in, size_t given, size_t* taken, uint8_t* out, size_t room,
                        size_t* got, uint64_t limit, uint64_t gap, int wait) {
    static_cast<Board*>(board)->run(in, given, taken, out, room, got, limit, gap, wait);
}
