// SPDX-License-Identifier: BSD-3-Clause
// The smallest thing that speaks the array's pins: converts pseudo-random reads back to back, one column per ADC.
module sar_stub #(
    parameter ROWS = 5, parameter COLS = 4, parameter KERNELS = 3, parameter BITS = 6
) (
    input clk, input rst,
    output [1:0] array__kernel, output [KERNELS-1:0] array__select,
    output [3*ROWS-1:0] array__row_mode, output [3*COLS-1:0] array__col_mode, output [COLS-1:0] array__gate,
    output array__sample, output array__differential, output array__phase, output array__strobe,
    output [COLS*BITS-1:0] array__trial, output array__pulse,
    input [COLS-1:0] array__comparator, input array__ready,
    output [31:0] array__tag_image, output [19:0] array__tag_ordinal,
    output reg codes_valid, output reg [COLS*BITS-1:0] codes, output reg [19:0] codes_ordinal
);
    reg [3:0] step;
    reg [19:0] ordinal;
    reg [15:0] random;
    reg converting;
    reg [COLS*BITS-1:0] held;
    wire [COLS*BITS-1:0] known;
    wire [1:0] kernel = ordinal % KERNELS;
    genvar i;

    // A trial is what the comparators of the trial before have shown, with the next bit on trial.
    generate
        for (i = 0; i < COLS; i = i + 1) begin : column
            wire [BITS-1:0] last = held[i*BITS +: BITS];
            wire [BITS-1:0] bit_last = 1 << (BITS + 1 - step);
            assign known[i*BITS +: BITS] = step == 1 ? 0 :
                (step == 0 ? (array__comparator[i] ? last : last & ~1)
                           : (array__comparator[i] ? last : last & ~bit_last));
            assign array__trial[i*BITS +: BITS] = step == 0 ? 0 : known[i*BITS +: BITS] | (1 << (BITS - step));
        end
        for (i = 0; i < ROWS; i = i + 1) begin : row
            assign array__row_mode[3*i +: 3] = {2'b0, random[i]};
        end
    endgenerate

    assign array__kernel = kernel;
    assign array__select = 1 << kernel;
    assign array__col_mode = 0;
    assign array__gate = {COLS{1'b1}};
    assign array__sample = step == 0 && array__ready && !rst;
    assign array__differential = 0;
    assign array__phase = 0;
    assign array__strobe = step != 0;
    assign array__pulse = 0;
    assign array__tag_image = 7;
    assign array__tag_ordinal = ordinal;

    always @(posedge clk) begin
        codes_valid <= 0;
        held <= array__trial;
        if (rst) begin
            step <= 0; ordinal <= 0; random <= 16'hace1; converting <= 0;
        end else if (step == 0) begin
            if (converting) begin
                codes_valid <= 1; codes <= known; codes_ordinal <= ordinal - 1;
                converting <= 0;
            end
            if (array__ready) begin
                step <= 1; converting <= 1; ordinal <= ordinal + 1;
                random <= {random[14:0], random[15] ^ random[13] ^ random[12] ^ random[10]};
            end
        end else
            step <= step == BITS ? 0 : step + 1;
    end
endmodule
