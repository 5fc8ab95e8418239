// SPDX-License-Identifier: BSD-3-Clause
// Runs a script against the Verilated periphery, once as it is and then once for each mutant.
//
// Host, streams and array stand around the pins as in the cocotb bench. What passes on each channel is kept in order;
// a mutant is killed by the first event that differs from the reference's, by a protocol that it breaks, or by an
// operation of the script that takes four times as long as the reference's.
//
//   bench SCRIPT REFERENCE               runs the design itself and writes its events
//   bench SCRIPT REFERENCE NUMBER...     runs these mutants, each in a process of its own, a line of JSON for each

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

using Words = std::vector<uint32_t>;

static inline void put(Words& words, uint64_t value, int bits) {
    words.push_back(uint32_t(value));
    if (bits > 32) words.push_back(uint32_t(value >> 32));
}
template <class Port>
static inline void put(Words& words, const Port& port) {
    if constexpr (std::is_integral_v<Port>)
        put(words, port, 8 * int(sizeof(Port)));
    else
        for (const auto word : port.m_storage) words.push_back(word);
}
template <class Port>
static inline uint64_t get(const Port& port, int low, int width) {
    const uint64_t mask = (uint64_t(1) << width) - 1;
    if constexpr (std::is_integral_v<Port>) {
        return (uint64_t(port) >> low) & mask;
    } else {
        uint64_t value = port.m_storage[low / 32] >> (low % 32);
        if (low % 32 + width > 32) value |= uint64_t(port.m_storage[low / 32 + 1]) << (32 - low % 32);
        return value & mask;
    }
}
template <class Port>
static inline bool any(const Port& port) {
    if constexpr (std::is_integral_v<Port>) {
        return port != 0;
    } else {
        for (const auto word : port.m_storage)
            if (word) return true;
        return false;
    }
}

// Written for each design: its geometry, and what makes an event of each channel.
#include "design.h"

static const char* const NAMES[] = {"codes", "accumulators", "activations", "classes", "results", "report",
                                    "bus",   "samples",      "trials",      "pulses"};
enum Channel { CODES, ACCUMULATORS, ACTIVATIONS, CLASSES, RESULTS, REPORT, BUS, SAMPLES, TRIALS, PULSES, CHANNELS };

struct Kill {
    const char* by;
    const char* what;
    long place;
};

struct Die {
    std::vector<int32_t> p, ap, offset, low, high, need_p, need_ap;
    std::vector<uint8_t> state;
};

struct Operation {
    std::string name;
    std::vector<uint64_t> arguments;
};

struct Reference {
    Words events[CHANNELS];
    std::vector<uint32_t> ends;  // cycles at the end of each operation
};

static uint32_t mix(uint64_t value) {
    value *= 0x9E3779B97F4A7C15ull;
    value ^= value >> 29;
    value *= 0xBF58476D1CE4E5B9ull;
    return uint32_t(value >> 32);
}

// The design with one mutant; 0 is the design itself.
static Vtop* make(VerilatedContext& context, int mutant) {
    const std::string chosen = "+mutant=" + std::to_string(mutant);
    const char* arguments[] = {"bench", chosen.c_str()};
    context.commandArgs(2, arguments);
    return new Vtop(&context);
}

class Bench {
public:
    Bench(const std::vector<Operation>& script, const std::vector<Die>& dies, int mutant, const Reference* reference)
        : script_(script), dies_(dies), reference_(reference), top_(make(context_, mutant)) {
        die_ = dies_.front();
    }
    void run() {
        for (number_ = 0; number_ < long(script_.size()); ++number_) {
            start_ = cycles_;
            perform(script_[number_]);
            ends_.push_back(cycles_);
        }
        if (reference_)
            for (int channel = 0; channel < CHANNELS; ++channel)
                if (seen_[channel] < reference_->events[channel].size()) throw Kill{NAMES[channel], "missing", number_};
    }
    Reference result() const {
        Reference found;
        for (int channel = 0; channel < CHANNELS; ++channel) found.events[channel] = kept_[channel];
        found.ends = ends_;
        return found;
    }
    long operation() const { return number_; }
    uint32_t cycles() const { return cycles_; }

private:
    VerilatedContext context_;
    const std::vector<Operation>& script_;
    const std::vector<Die>& dies_;
    const Reference* reference_;
    std::unique_ptr<Vtop> top_;
    Die die_;
    Words kept_[CHANNELS], event_;
    size_t seen_[CHANNELS] = {};
    std::vector<uint32_t> ends_;
    long number_ = 0;
    uint32_t cycles_ = 0, start_ = 0, settle_ = 0, results_ = 0, reports_ = 0;
    uint32_t image_pause_ = 0, result_pause_ = 0, report_pause_ = 0, stall_ = 0, bus_pause_ = 0;
    bool quiet_ = false;
    std::deque<std::pair<uint64_t, bool>> images_;
    bool offering_ = false;
    // The array's side.
    int64_t sums_[COLS] = {}, levels_[COLS] = {};
    uint64_t answer_ = 0;
    bool due_ = false, pulsing_ = false;
    Words lines_, writing_;
    uint32_t driven_for_ = 0, held_for_ = 0;
    uint64_t toward_p_[ROWS] = {}, toward_ap_[ROWS] = {};
    int pulsed_kernel_ = 0;
    // The host's side.
    bool result_waits_ = false, report_waits_ = false;
    Words result_word_, report_word_;

    uint32_t draw(int purpose) const { return mix((uint64_t(cycles_) << 8) + purpose); }
    bool chance(int purpose, uint32_t of_256) const { return (draw(purpose) & 255) < of_256; }

    void keep(Channel channel) {
        if (quiet_) return;
        if (!reference_) {
            kept_[channel].insert(kept_[channel].end(), event_.begin(), event_.end());
            return;
        }
        const Words& wanted = reference_->events[channel];
        size_t& place = seen_[channel];
        if (place + event_.size() > wanted.size()) throw Kill{NAMES[channel], "too many", long(place)};
        for (const uint32_t word : event_)
            if (word != wanted[place++]) throw Kill{NAMES[channel], "different", long(place / event_.size())};
    }

    void cycle() {
        ++cycles_;
        if (reference_) {
            const uint32_t began = number_ ? reference_->ends[number_ - 1] : 0;
            if (cycles_ - start_ > 4 * (reference_->ends[number_] - began) + 400) throw Kill{"hang", "", number_};
        } else if (cycles_ - start_ > 2000000) {
            throw Kill{"hang", script_[number_].name.c_str(), number_};
        }
        Vtop& top = *top_;
        top.array__comparator = due_ ? answer_ : (uint64_t(draw(1)) << 20 ^ draw(2)) & ((uint64_t(1) << COLS) - 1);
        due_ = false;
        const bool ready = !chance(3, stall_);
        top.array__ready = ready;
        if (!offering_ && !images_.empty() && !chance(4, image_pause_)) offering_ = true;
        top.image__tvalid = offering_;
        top.image__tdata = offering_ ? images_.front().first : draw(5);
        top.image__tlast = offering_ ? images_.front().second : draw(6) & 1;
        top.result__tready = !chance(7, result_pause_);
        top.report__tready = !chance(8, report_pause_);
        top.clk = 0;
        top.eval();
        observe(ready);
        top.clk = 1;
        top.eval();
    }

    void observe(bool ready) {
        Vtop& top = *top_;
        if (offering_ && top.image__tready) {
            images_.pop_front();
            offering_ = false;
        }
        if (top.trace__codes__valid) event_.clear(), gather_codes(top, event_), keep(CODES);
        if (top.trace__acc__valid) event_.clear(), gather_accumulators(top, event_), keep(ACCUMULATORS);
        if (top.trace__activation__valid) event_.clear(), gather_activations(top, event_), keep(ACTIVATIONS);
        if (top.trace__result__valid) event_.clear(), gather_classes(top, event_), keep(CLASSES);
        event_.clear();
        if (top.result__tvalid) gather_result(top, event_);
        if (stream(top.result__tvalid, top.result__tready, result_waits_, result_word_, RESULTS)) ++results_;
        event_.clear();
        if (top.report__tvalid) gather_report(top, event_);
        if (stream(top.report__tvalid, top.report__tready, report_waits_, report_word_, REPORT))
            reports_ += top.report__tlast;
        observe_array(ready);
    }

    // What is offered must stay until it is taken.
    bool stream(bool valid, bool taken, bool& waits, Words& word, Channel channel) {
        if (waits && !quiet_ && (!valid || event_ != word)) throw Kill{"protocol", "taken back", channel};
        waits = valid && !taken;
        word = event_;
        if (valid && taken) keep(channel);
        return valid && taken;
    }

    void observe_array(bool ready) {
        Vtop& top = *top_;
        if (top.array__strobe) {
            event_.clear(), gather_trial(top, event_), keep(TRIALS);
            answer_ = 0;
            for (int column = 0; column < COLS; ++column) {
                const bool met = levels_[column] >= int64_t(get(top.array__trial, column * ADC_BITS, ADC_BITS));
                const bool plus = column % 2 == 0 && column + 1 < COLS && sums_[column] >= sums_[column + 1];
                answer_ |= uint64_t(top.array__differential ? plus : met) << column;
            }
            due_ = true;
        }
        event_.clear();
        gather_lines(top, event_);
        driven_for_ = event_ == lines_ ? driven_for_ + 1 : 0;
        lines_ = event_;
        const uint64_t select = top.array__select;
        if (select & (select - 1)) throw Kill{"protocol", "two kernels", number_};
        if (select && select != uint64_t(1) << top.array__kernel) throw Kill{"protocol", "kernel", number_};
        if (!select && (any(top.array__row_mode) || any(top.array__col_mode) || top.array__gate))
            throw Kill{"protocol", "lines without a kernel", number_};
        // A pulse, from the first to the last cycle of its level: what stands, and for how long.
        event_.clear();
        if (top.array__level || top.array__pulse) gather_pulse(top, event_);
        if (event_ == writing_) {
            ++held_for_;
        } else {
            const Words now = event_;
            event_ = writing_;
            if (!writing_.empty()) event_.push_back(held_for_), keep(PULSES);
            writing_ = now;
            held_for_ = 1;
        }
        if (top.array__pulse) {
            remember_pulse();
        } else if (pulsing_) {
            apply_pulse();
        }
        pulsing_ = top.array__pulse;
        if (!top.array__sample) return;
        if (!ready) throw Kill{"protocol", "sample without ready", number_};
        if (driven_for_ < settle_) throw Kill{"protocol", "sample before its rows have settled", number_};
        event_.clear(), gather_sample(top, event_), keep(SAMPLES);
        sample();
    }

    void sample() {
        Vtop& top = *top_;
        const int kernel = int(top.array__kernel) % KERNELS;
        for (int column = 0; column < COLS; ++column) {
            const size_t line = size_t(kernel) * COLS + column;
            int64_t sum = die_.offset[line];
            for (int row = 0; row < ROWS; ++row) {
                if (get(top.array__row_mode, 3 * row, 3) != 1) continue;
                const size_t cell = (size_t(kernel) * ROWS + row) * COLS + column;
                sum += die_.state[cell] ? die_.p[cell] : die_.ap[cell];
            }
            sum = sum < die_.low[line] ? die_.low[line] : sum > die_.high[line] ? die_.high[line] : sum;
            sums_[column] = sum;
            levels_[column] = (sum + (int64_t(1) << (FRACTION_BITS - 1))) >> FRACTION_BITS;
        }
    }

    // Columns that a pulse writes: those with their gate on, of a passive array those driven the other way round.
    void remember_pulse() {
        Vtop& top = *top_;
        pulsed_kernel_ = int(top.array__kernel) % KERNELS;
        for (int row = 0; row < ROWS; ++row) {
            const uint64_t mode = get(top.array__row_mode, 3 * row, 3);
            toward_p_[row] = toward_ap_[row] = 0;
            if (mode != 2 && mode != 3) continue;
            bool passive = false;
            for (int column = 0; column < COLS; ++column)
                passive |= get(top.array__col_mode, 3 * column, 3) == 5 - mode;
            for (int column = 0; column < COLS; ++column) {
                const uint64_t line = get(top.array__col_mode, 3 * column, 3);
                const bool on = (uint64_t(top.array__gate) >> column & 1) && line == (passive ? 5 - mode : 0);
                (mode == 2 ? toward_p_ : toward_ap_)[row] |= uint64_t(on) << column;
            }
        }
        level_ = top.array__level;
    }
    int level_ = 0;

    void apply_pulse() {
        for (int row = 0; row < ROWS; ++row)
            for (int column = 0; column < COLS; ++column) {
                const size_t cell = (size_t(pulsed_kernel_) * ROWS + row) * COLS + column;
                if ((toward_p_[row] >> column & 1) && level_ >= die_.need_p[cell]) die_.state[cell] = 1;
                if ((toward_ap_[row] >> column & 1) && level_ >= die_.need_ap[cell]) die_.state[cell] = 0;
            }
    }

    void write(uint32_t address, uint32_t data, uint32_t strobe) {
        Vtop& top = *top_;
        bool address_due = true, data_due = !chance(9, bus_pause_);
        bool data_sent = false, done = false;
        top.s_axi__awaddr = address;
        top.s_axi__wdata = data;
        top.s_axi__wstrb = strobe;
        while (!done) {
            top.s_axi__awvalid = address_due;
            top.s_axi__wvalid = data_due && !data_sent;
            top.s_axi__bready = !chance(10, bus_pause_);
            cycle_bus(address_due, data_sent, done);
            data_due = true;
        }
        top.s_axi__awvalid = top.s_axi__wvalid = top.s_axi__bready = 0;
    }
    // Handshakes are read before the edge: what the design shows in this cycle, not after it.
    bool fired_aw_ = false, fired_w_ = false, fired_b_ = false, fired_ar_ = false, fired_r_ = false;
    uint32_t response_ = 0, read_response_ = 0, data_ = 0;
    void cycle_bus(bool& address_due, bool& data_sent, bool& done) {
        step_bus();
        if (fired_aw_) address_due = false;
        if (fired_w_) data_sent = true;
        if (fired_b_) {
            event_.clear();
            event_.push_back(response_);
            event_.push_back(0);
            keep(BUS);
            done = true;
        }
    }
    void step_bus() {
        Vtop& top = *top_;
        top.clk = 0;
        top.eval();  // ready and responses depend on registers alone, so this cycle's are seen here already
        fired_aw_ = top.s_axi__awvalid && top.s_axi__awready;
        fired_w_ = top.s_axi__wvalid && top.s_axi__wready;
        fired_b_ = top.s_axi__bvalid && top.s_axi__bready;
        fired_ar_ = top.s_axi__arvalid && top.s_axi__arready;
        fired_r_ = top.s_axi__rvalid && top.s_axi__rready;
        response_ = top.s_axi__bresp;
        read_response_ = top.s_axi__rresp;
        data_ = top.s_axi__rdata;
        cycle();
    }
    uint32_t read(uint32_t address, bool kept) {
        Vtop& top = *top_;
        bool due = true;
        top.s_axi__araddr = address;
        for (;;) {
            top.s_axi__arvalid = due;
            top.s_axi__rready = !chance(11, bus_pause_);
            step_bus();
            if (fired_ar_) due = false;
            if (fired_r_) break;
        }
        top.s_axi__arvalid = top.s_axi__rready = 0;
        event_.clear();
        event_.push_back(read_response_);
        event_.push_back(data_);
        if (kept) keep(BUS);
        return data_;
    }

    // Writes and reads at once, each channel as fast as it is let; a write is its address and its word.
    void overlap(size_t count, const uint64_t* writes, const uint64_t* reads, size_t wanted) {
        Vtop& top = *top_;
        size_t addresses = 0, words = 0, written = 0, asked = 0, answered = 0;
        bool offers[3] = {};  // what is offered stays
        while (written < count || answered < wanted) {
            offers[0] = addresses < count && (offers[0] || !chance(12, bus_pause_));
            offers[1] = words < count && (offers[1] || !chance(9, bus_pause_));
            offers[2] = asked < wanted && (offers[2] || !chance(13, bus_pause_));
            top.s_axi__awvalid = offers[0], top.s_axi__wvalid = offers[1], top.s_axi__arvalid = offers[2];
            top.s_axi__awaddr = offers[0] ? writes[2 * addresses] : draw(14) & 0xFFFFF;
            top.s_axi__wdata = offers[1] ? writes[2 * words + 1] : draw(15);
            top.s_axi__wstrb = offers[1] ? 0xF : draw(16) & 0xF;
            top.s_axi__araddr = offers[2] ? reads[asked] : draw(17) & 0xFFFFF;
            top.s_axi__bready = !chance(10, bus_pause_);
            top.s_axi__rready = !chance(11, bus_pause_);
            step_bus();
            if (fired_aw_) ++addresses, offers[0] = false;
            if (fired_w_) ++words, offers[1] = false;
            if (fired_ar_) ++asked, offers[2] = false;
            if (fired_b_) event_ = {response_, 0}, keep(BUS), ++written;
            if (fired_r_) event_ = {read_response_, data_}, keep(BUS), ++answered;
        }
        top.s_axi__awvalid = top.s_axi__wvalid = top.s_axi__bready = top.s_axi__arvalid = top.s_axi__rready = 0;
    }

    void perform(const Operation& operation) {
        const std::string& name = operation.name;
        const std::vector<uint64_t>& a = operation.arguments;
        if (name == "write") {
            write(a[0], a[1], a[2]);
        } else if (name == "read") {
            read(a[0], true);
        } else if (name == "poll") {
            while ((read(a[0], false) & a[1]) != a[2]) {
            }
        } else if (name == "overlapping") {  // how many writes, then address and word of each, then what to read
            overlap(a[0], &a[1], &a[1] + 2 * a[0], a.size() - 1 - 2 * a[0]);
        } else if (name == "image") {
            for (size_t i = 0; i < a.size(); ++i) images_.emplace_back(a[i], i + 1 == a.size());
        } else if (name == "words") {  // of an image whose last word is not marked, or cut short
            for (size_t i = 1; i < a.size(); ++i) images_.emplace_back(a[i], a[0] && i + 1 == a.size());
        } else if (name == "results") {
            for (results_ = 0; results_ < a[0];) cycle();
        } else if (name == "report") {
            for (reports_ = 0; reports_ < 1;) cycle();
        } else if (name == "idle") {
            for (uint64_t i = 0; i < a[0]; ++i) cycle();
        } else if (name == "pauses") {
            image_pause_ = a[0], result_pause_ = a[1], report_pause_ = a[2], stall_ = a[3], bus_pause_ = a[4];
        } else if (name == "settle") {
            settle_ = a[0];
        } else if (name == "die") {
            die_ = dies_[a[0]];
        } else if (name == "quiet") {
            quiet_ = a[0];
        } else if (name == "drop") {
            images_.clear();
            offering_ = false;
        } else if (name == "reset") {
            top_->rst = 1;
            for (uint64_t i = 0; i < a[0]; ++i) cycle();
            top_->rst = 0;
        } else {
            throw Kill{"script", "unknown operation", number_};
        }
    }
};

static bool load(const char* path, std::vector<Operation>& script, std::vector<Die>& dies) {
    std::ifstream file(path);
    std::string word;
    while (file >> word) {
        size_t count;
        file >> count;
        if (word == "cells") {
            Die die;
            const size_t cells = size_t(KERNELS) * ROWS * COLS, lines = size_t(KERNELS) * COLS;
            // Each array in full, as one number for all, or (0) as the one before it.
            const std::vector<int32_t>* before = nullptr;
            const auto take = [&](std::vector<int32_t>& into, size_t size) {
                size_t given = 0;
                file >> given;
                if (given == 0 && before) {
                    into = *before;
                } else if (given == 1) {
                    int32_t value = 0;
                    file >> value;
                    into.assign(size, value);
                } else {
                    into.resize(size);
                    for (auto& value : into) file >> value;
                }
                before = &into;
            };
            take(die.p, cells), take(die.ap, cells), take(die.need_p, cells), take(die.need_ap, cells);
            take(die.offset, lines), take(die.low, lines), take(die.high, lines);
            std::vector<int32_t> state;
            take(state, cells);
            die.state.assign(state.begin(), state.end());
            dies.push_back(die);
        } else {
            Operation operation{word, std::vector<uint64_t>(count)};
            for (auto& value : operation.arguments) file >> value;
            script.push_back(operation);
        }
        if (!file) return false;
    }
    return !script.empty() && !dies.empty();
}

static void save(const char* path, const Reference& reference) {
    std::ofstream file(path, std::ios::binary);
    const auto out = [&](const Words& words) {
        const uint64_t size = words.size();
        file.write(reinterpret_cast<const char*>(&size), sizeof size);
        file.write(reinterpret_cast<const char*>(words.data()), std::streamsize(4 * size));
    };
    for (const Words& events : reference.events) out(events);
    out(reference.ends);
}

static bool restore(const char* path, Reference& reference) {
    std::ifstream file(path, std::ios::binary);
    const auto in = [&](Words& words) {
        uint64_t size = 0;
        file.read(reinterpret_cast<char*>(&size), sizeof size);
        if (!file || size > (uint64_t(1) << 28)) return false;
        words.resize(size);
        file.read(reinterpret_cast<char*>(words.data()), std::streamsize(4 * size));
        return bool(file);
    };
    for (Words& events : reference.events)
        if (!in(events)) return false;
    return in(reference.ends);
}

static void tell(int mutant, const char* verdict, const Kill& kill, long operation, uint32_t cycle) {
    std::printf(
        "{\"mutant\": %d, \"verdict\": \"%s\", \"by\": \"%s\", \"what\": \"%s\", \"place\": %ld, \"operation\": %ld, "
        "\"cycle\": %u}\n",
        mutant, verdict, kill.by, kill.what, kill.place, operation, cycle);
    std::fflush(stdout);
}

static void run_mutant(int mutant, const std::vector<Operation>& script, const std::vector<Die>& dies,
                       const Reference& reference) {
    Bench bench(script, dies, mutant, &reference);
    try {
        bench.run();
        tell(mutant, "survived", Kill{"", "", 0}, bench.operation(), bench.cycles());
    } catch (const Kill& kill) {
        tell(mutant, "killed", kill, bench.operation(), bench.cycles());
    }
}

int main(int count, char** arguments) {
    std::vector<Operation> script;
    std::vector<Die> dies;
    if (count < 3 || !load(arguments[1], script, dies)) return 2;
    if (count == 3) {
        Bench bench(script, dies, 0, nullptr);
        try {
            bench.run();
        } catch (const Kill& kill) {
            tell(0, "killed", kill, bench.operation(), bench.cycles());
            return 1;
        }
        save(arguments[2], bench.result());
        tell(0, "survived", Kill{"", "", 0}, bench.operation(), bench.cycles());
        return 0;
    }
    Reference reference;
    if (!restore(arguments[2], reference)) return 2;
    for (int i = 3; i < count; ++i) {
        const int mutant = std::atoi(arguments[i]);
        const pid_t child = fork();
        if (child < 0) return 3;
        if (child == 0) {
            // Processor time, not the clock's: on a busy machine a mutant that runs slowly is not one that hangs.
            const rlimit most = {600, 600};
            setrlimit(RLIMIT_CPU, &most);
            run_mutant(mutant, script, dies, reference);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        // Logic that circles and never settles ends the simulator.
        if (status) tell(mutant, "killed", Kill{"crash", "logic that does not settle", 0}, 0, 0);
    }
    return 0;
}
