// SPDX-License-Identifier: BSD-3-Clause
// Accesses of a host to the registers while images run: AXI4-Lite with every channel held back as it is told.
#pragma once

#include "ports.h"

#include <stdexcept>
#include <string>

// One access, and what came of it; the Python side has the same structure (interface.py).
struct Access {
    uint32_t cycle;  // of the run, before which it does not begin; it also waits for those of its direction before it
    uint32_t write, address, data, strobe;
    uint32_t address_delay, data_delay, answer_delay;  // cycles from its beginning to awvalid or arvalid, wvalid, ready
    uint32_t response, value, done;                    // its answer, and the cycle of that; 0: none has come
};

class BusTraffic {
  public:
    explicit BusTraffic(MODEL& model) : model_(model) {}

    void begin(Access* accesses, int64_t count) {
        accesses_ = accesses;
        count_ = count;
        for (Direction* each : {&writes_, &reads_}) *each = Direction();
    }

    // Whether an access has not been answered.
    bool busy() const { return count_ && (pending(writes_, 1) || pending(reads_, 0)); }

    // At the beginning of a cycle: valid and ready of both directions.
    void drive(uint32_t now) {
        if (!count_) return;
        if (start(writes_, 1, now)) {
            const Access& access = accesses_[writes_.at];
            const uint32_t age = now - writes_.started;
            PORT(s_axi__awaddr) = access.address;
            PORT(s_axi__wdata) = access.data;
            PORT(s_axi__wstrb) = access.strobe;
            PORT(s_axi__awvalid) = !writes_.address_taken && age >= access.address_delay;
            PORT(s_axi__wvalid) = !writes_.data_taken && age >= access.data_delay;
            PORT(s_axi__bready) = age >= access.answer_delay;
        } else {
            PORT(s_axi__awvalid) = PORT(s_axi__wvalid) = PORT(s_axi__bready) = 0;
        }
        if (start(reads_, 0, now)) {
            const Access& access = accesses_[reads_.at];
            const uint32_t age = now - reads_.started;
            PORT(s_axi__araddr) = access.address;
            PORT(s_axi__arvalid) = !reads_.address_taken && age >= access.address_delay;
            PORT(s_axi__rready) = age >= access.answer_delay;
        } else {
            PORT(s_axi__arvalid) = PORT(s_axi__rready) = 0;
        }
    }

    // Once the cycle has settled: what is taken and answered, and whether the answers keep the protocol.
    void observe(uint32_t now) {
        if (!count_) return;
        answer(writes_, now, PORT(s_axi__bvalid), PORT(s_axi__bready), PORT(s_axi__bresp), 0,
               writes_.address_taken && writes_.data_taken);
        answer(reads_, now, PORT(s_axi__rvalid), PORT(s_axi__rready), PORT(s_axi__rresp), PORT(s_axi__rdata),
               reads_.address_taken);
        writes_.address_taken |= PORT(s_axi__awvalid) && PORT(s_axi__awready);
        writes_.data_taken |= PORT(s_axi__wvalid) && PORT(s_axi__wready);
        reads_.address_taken |= PORT(s_axi__arvalid) && PORT(s_axi__arready);
    }

    // The host lets go of the bus, whatever is under way on it.
    void let_go() {
        if (!count_) return;
        PORT(s_axi__awvalid) = PORT(s_axi__wvalid) = PORT(s_axi__bready) = 0;
        PORT(s_axi__arvalid) = PORT(s_axi__rready) = 0;
        count_ = 0;
    }

  private:
    static constexpr uint32_t PATIENCE = 1000;

    struct Direction {
        int64_t at = -1;  // the access under way, or the last one
        bool active = false, address_taken = false, data_taken = false, held = false;
        uint32_t started = 0, response = 0, value = 0;
    };

    int64_t following(const Direction& direction, uint32_t write) const {
        int64_t next = direction.at + 1;
        while (next < count_ && accesses_[next].write != write) ++next;
        return next;
    }

    bool pending(const Direction& direction, uint32_t write) const {
        return direction.active || following(direction, write) < count_;
    }

    // Begins the next access if it is time; returns whether one is under way.
    bool start(Direction& direction, uint32_t write, uint32_t now) {
        if (direction.active) return true;
        const int64_t next = following(direction, write);
        if (next >= count_ || now < accesses_[next].cycle) return false;
        direction = Direction();
        direction.at = next;
        direction.active = true;
        direction.started = now;
        return true;
    }

    void answer(Direction& direction, uint32_t now, bool valid, bool ready, uint32_t response, uint32_t value,
                bool asked) {
        const std::string what = &direction == &writes_ ? "write" : "read";
        if (valid && !(direction.active && asked))
            throw std::runtime_error("bus must answer a " + what + " only after it was asked, and has before");
        if (direction.held && (!valid || response != direction.response || value != direction.value))
            throw std::runtime_error("bus must hold its answer to a " + what + " until it is taken, and has not");
        direction.held = valid && !ready;
        direction.response = response;
        direction.value = value;
        if (valid && ready) {
            Access& access = accesses_[direction.at];
            access.response = response;
            access.value = value;
            access.done = now;
            direction.active = false;
        } else if (direction.active) {
            const Access& access = accesses_[direction.at];
            const uint32_t delays = access.address_delay + access.data_delay + access.answer_delay;
            if (now - direction.started > delays + PATIENCE)
                throw std::runtime_error("bus must answer a " + what + ", and does not");
        }
    }

    MODEL& model_;
    Access* accesses_ = nullptr;
    int64_t count_ = 0;
    Direction writes_, reads_;
};
