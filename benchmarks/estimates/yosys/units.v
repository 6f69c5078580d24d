// The datapaths that the HLS templates describe, by hand, to be counted by yosys: what a process costs in LUT, FF, DSP and
// RAMB18. No output of an HLS compiler. Control is what such a compiler is known to add: the block handshake
// (ap_start, ap_done, ap_continue), a loop counter, a valid bit a stage, a stall of the whole pipeline on an empty or full
// stream. Variables that the C++ declares `int` and whose range no compiler can see have 32 bits here too.

// Start, count N iterations of II cycles through STAGES stages, drain, report.
module control #(parameter N = 16, STAGES = 4, II = 1) (
    input clk, rst, ap_start, ap_continue, stall,
    output ap_ready, ap_idle, output reg ap_done, output issue, output [II-1:0] phase, output [STAGES:0] valid);
    localparam W = $clog2(N + 1);
    reg [W-1:0] i;
    reg busy, draining;
    reg [STAGES-1:0] pipe;
    reg [II-1:0] turn;  // one-hot, as states are
    wire begin_loop = ap_start & ~busy & ~draining & ~ap_done;
    assign phase = turn;
    assign issue = busy & turn[0];
    assign valid = {pipe, issue};
    wire last = i == N - 1;
    wire empty = draining & ~|pipe;
    assign ap_idle = ~busy & ~draining & ~ap_start;
    assign ap_ready = empty;
    always @(posedge clk)
        if (rst) begin
            busy <= 0; draining <= 0; ap_done <= 0; pipe <= 0; i <= 0; turn <= 1;
        end else begin
            if (ap_done & ap_continue) ap_done <= 0;
            if (begin_loop) begin
                busy <= 1; i <= 0; turn <= 1;
            end else if (~stall) begin
                turn <= II > 1 ? {turn[II-2:0], turn[II-1]} : turn;
                pipe <= {pipe[STAGES-2:0], issue};
                if (busy & turn[II-1]) begin
                    i <= i + 1;
                    if (last) begin busy <= 0; draining <= 1; end
                end
            end
            if (empty) begin draining <= 0; ap_done <= 1; end
        end
endmodule

// 0 to END - 1 in a circle.
module ring #(parameter END = 16, W = $clog2(END + 1)) (input clk, rst, step, output reg [W-1:0] at, output last);
    assign last = at == END - 1;
    always @(posedge clk)
        if (rst) at <= 0;
        else if (step) at <= last ? 0 : at + 1;
endmodule

// Constants: bits that no minimizer finds a pattern in. OUT a register, as a block memory has.
module rom #(parameter W = 32, D = 64, SEED = 1) (input clk, ce, input [$clog2(D+1)-1:0] at, output reg [W-1:0] q);
    // In LUTs while small or shallow, as the estimate has it.
    (* rom_style = W * D <= 2048 || D <= 32 ? "distributed" : "block" *)
    reg [W-1:0] mem [0:D-1];
    integer n, b;
    reg [W-1:0] t;
    reg [31:0] h;
    initial begin
        h = 32'h9e3779b9 ^ (SEED * 32'h85ebca6b);
        for (n = 0; n < D; n = n + 1) begin
            for (b = 0; b < W; b = b + 1) begin
                h = h ^ (h << 13); h = h ^ (h >> 17); h = h ^ (h << 5);
                t[b] = h[7];
            end
            mem[n] = t;
        end
    end
    always @(posedge clk) if (ce) q <= mem[at];
endmodule

// A memory of one write and one registered read a cycle.
module ram #(parameter W = 32, D = 64) (
    input clk, ce, we, input [$clog2(D+1)-1:0] to, from, input [W-1:0] d, output reg [W-1:0] q);
    reg [W-1:0] mem [0:D-1];
    always @(posedge clk) begin
        if (we) mem[to] <= d;
        if (ce) q <= mem[from];
    end
endmodule

// Binary tree of adders, a register every two levels and at the root.
module tree #(parameter N = 4, W = 16, L = $clog2(N), O = W + L) (
    input clk, ce, input [N*W-1:0] a, output [O-1:0] s);
    generate
        if (L == 0) assign s = a;
        else begin
            localparam H = 1 << (L - 1);  // the left half is full, so that both halves are as deep
            wire [W+L-2:0] l, r;
            tree #(.N(H), .W(W)) left (.clk(clk), .ce(ce), .a(a[H*W-1:0]), .s(l));
            tree #(.N(H), .W(W)) right (.clk(clk), .ce(ce), .a({{(2*H-N)*W{1'b0}}, a[N*W-1:H*W]}), .s(r));
            wire [O-1:0] sum = {l[W+L-2], l} + {r[W+L-2], r};
            if (L % 2 == 0) begin
                reg [O-1:0] q;
                always @(posedge clk) if (ce) q <= sum;
                assign s = q;
            end else assign s = sum;
        end
    endgenerate
endmodule

// A stream's buffer: shift registers while short, else a memory with its output registered.
module fifo #(parameter W = 32, D = 16) (
    input clk, rst, input [W-1:0] d, input write, output full_n, output [W-1:0] q, output empty_n, input read);
    localparam A = $clog2(D + 1);
    generate
        if (W * D <= 2048 || D <= 32) begin
            reg [A-1:0] used;
            wire [A-1:0] from = used - 1;
            assign full_n = used != D, empty_n = used != 0;
            wire push = write & full_n, pop = read & empty_n;
            genvar b;
            for (b = 0; b < W; b = b + 1) begin : bits  // a chain a bit, read at a place: an SRL
                reg [D-1:0] chain;
                always @(posedge clk) if (push) chain <= {chain[D-2:0], d[b]};
                assign q[b] = chain[from[$clog2(D)-1:0]];
            end
            always @(posedge clk) begin
                if (rst) used <= 0;
                else if (push & ~pop) used <= used + 1;
                else if (pop & ~push) used <= used - 1;
            end
        end else begin
            reg [A-1:0] to, from, used;
            reg [W-1:0] mem [0:D-1];
            reg [W-1:0] out;
            reg held;
            assign full_n = used != D, empty_n = held, q = out;
            wire push = write & full_n, fetch = used != 0 & (~held | read);
            always @(posedge clk) begin
                if (push) mem[to] <= d;
                if (fetch) out <= mem[from];
                if (rst) begin to <= 0; from <= 0; used <= 0; held <= 0; end
                else begin
                    if (push) to <= to == D - 1 ? 0 : to + 1;
                    if (fetch) from <= from == D - 1 ? 0 : from + 1;
                    if (push & ~fetch) used <= used + 1;
                    else if (fetch & ~push) used <= used - 1;
                    if (fetch) held <= 1; else if (read) held <= 0;
                end
            end
        end
    endgenerate
endmodule

// `matrix`: PE rows of SIMD multipliers; a vector is held while the groups pass over it. SPLIT units of depthwise kind:
// GROUPS 1 and HOLD 0 read every beat.
module matrix #(parameter SIMD = 4, PE = 4, STEPS = 16, GROUPS = 4, VECTORS = 100, ACC = 20, DSP = 1) (
    input clk, rst, ap_start, ap_continue, output ap_done, ap_idle, ap_ready,
    input [8*SIMD-1:0] x, input x_empty_n, output x_read, output reg [ACC*PE-1:0] y, input y_full_n, output y_write);
    localparam ROWS = GROUPS * STEPS, LEVELS = $clog2(SIMD), STAGES = 5 + LEVELS / 2, O = 16 + LEVELS;
    wire [STAGES:0] valid;
    wire issue, last_step, last_group;
    wire [$clog2(STEPS+1)-1:0] step;
    wire [$clog2(GROUPS+1)-1:0] group;
    wire [$clog2(ROWS+1)-1:0] row;
    reg [STAGES:1] first, ending;
    wire take = group == 0;
    wire stall = (issue & take & ~x_empty_n) | (valid[STAGES] & ending[STAGES] & ~y_full_n);
    wire go = ~stall;
    assign x_read = issue & take & go, y_write = valid[STAGES] & ending[STAGES] & go;
    control #(.N(VECTORS * GROUPS * STEPS), .STAGES(STAGES)) c (.clk(clk), .rst(rst), .ap_start(ap_start),
        .ap_continue(ap_continue), .stall(stall), .ap_ready(ap_ready), .ap_idle(ap_idle), .ap_done(ap_done),
        .issue(issue), .phase(), .valid(valid));
    ring #(STEPS) s (clk, rst, issue & go, step, last_step);
    ring #(GROUPS) g (clk, rst, issue & go & last_step, group, last_group);
    ring #(ROWS) r (clk, rst, issue & go, row, );
    always @(posedge clk) if (go) begin
        first <= {first[STAGES-1:1], step == 0};
        ending <= {ending[STAGES-1:1], last_step};
    end
    wire [8*SIMD*PE-1:0] w;
    rom #(8 * SIMD * PE, ROWS) weights (clk, go, row, w);
    reg [8*SIMD-1:0] fresh;
    wire [8*SIMD-1:0] now;
    generate
        if (GROUPS > 1) begin
            wire [8*SIMD-1:0] held;
            reg taken;
            ram #(8 * SIMD, STEPS) h (clk, go, x_read, step, step, x, held);
            always @(posedge clk) if (go) taken <= take;
            assign now = taken ? fresh : held;
        end else assign now = fresh;
    endgenerate
    always @(posedge clk) if (go) fresh <= x;
    genvar e, l;
    generate for (e = 0; e < PE; e = e + 1) begin : rows
        wire [16*SIMD-1:0] products;
        for (l = 0; l < SIMD; l = l + 1) begin : lanes
            if (DSP) begin
                // Registers before and behind the product: those of the slice.
                reg signed [7:0] a, b;
                reg signed [15:0] p;
                (* keep *) wire signed [15:0] kept = p;
                always @(posedge clk) if (go) begin
                    a <= now[8*l +: 8]; b <= w[8*(e*SIMD+l) +: 8]; p <= a * b;
                end
                assign products[16*l +: 16] = kept;
            end else begin
                reg signed [7:0] a, b;
                reg [15:0] q;
                wire [15:0] p;
                fabric_product m (a, b, p);
                always @(posedge clk) if (go) begin
                    a <= now[8*l +: 8]; b <= w[8*(e*SIMD+l) +: 8]; q <= p;
                end
                assign products[16*l +: 16] = q;
            end
        end
        wire [O-1:0] partial;
        tree #(.N(SIMD), .W(16)) t (.clk(clk), .ce(go), .a(products), .s(partial));
        reg signed [ACC-1:0] sum;
        wire signed [ACC-1:0] next = (first[STAGES-1] ? 0 : sum) + $signed(partial);
        always @(posedge clk) if (go) begin
            if (valid[STAGES-1]) sum <= next;
            if (valid[STAGES-1] & ending[STAGES-1]) y[ACC*e +: ACC] <= next;
        end
    end endgenerate
endmodule

// 8 x 8 bits, signed, of adders in carry chains: radix-2 partial products, pairs summed. No DSP slice.
module fabric_product (input signed [7:0] a, b, output [15:0] p);
    wire signed [8:0] one = a, zero = 0;
    wire signed [9:0] r0 = (b[0] ? a : 8'sd0) + ((b[1] ? a : 8'sd0) <<< 1);
    wire signed [9:0] r1 = (b[2] ? a : 8'sd0) + ((b[3] ? a : 8'sd0) <<< 1);
    wire signed [9:0] r2 = (b[4] ? a : 8'sd0) + ((b[5] ? a : 8'sd0) <<< 1);
    wire signed [9:0] r3 = (b[6] ? a : 8'sd0) - ((b[7] ? a : 8'sd0) <<< 1);
    wire signed [12:0] s0 = r0 + (r1 <<< 2), s1 = r2 + (r3 <<< 2);
    assign p = s0 + (s1 <<< 4);
endmodule

// `requantize` (KIND 0), `requantize_once` (1), `requantize_fast` (2): PE sums every II cycles, UNITS multipliers.
module requantize #(parameter PE = 4, GROUPS = 16, PIXELS = 100, ACC = 20, LEFT = 0, FACTOR = 31, II = 4, UNITS = 2,
                    KIND = 0) (
    input clk, rst, ap_start, ap_continue, output ap_done, ap_idle, ap_ready,
    input [ACC*PE-1:0] x, input x_empty_n, output x_read, output reg [8*PE-1:0] y, input y_full_n, output y_write,
    input signed [31:0] zero_point, low, high);
    // Halves of a multiplier, 16 bits and the rest; the sum's own width A.
    localparam H = KIND == 2 ? 1 : (KIND == 0 ? 2 : (FACTOR > 17 ? (FACTOR > 34 ? 3 : 2) : 1));
    localparam A = ACC + LEFT, B = KIND == 1 ? FACTOR : (KIND == 0 ? 31 : 17), JOBS = H * PE, STAGES = II + 6;
    localparam E = 6, P = A + 18, S = B > 17 ? (KIND == 0 ? 16 : 17) : 17, T = A + B + 1;
    wire [STAGES:0] valid;
    wire [II-1:0] phase;
    wire issue;
    wire [$clog2(GROUPS+1)-1:0] group;
    wire stall = (issue & ~x_empty_n) | (valid[STAGES] & ~y_full_n), go = ~stall;
    assign x_read = issue & go, y_write = valid[STAGES] & go;
    control #(.N(PIXELS * GROUPS), .STAGES(STAGES), .II(II)) c (.clk(clk), .rst(rst), .ap_start(ap_start),
        .ap_continue(ap_continue), .stall(stall), .ap_ready(ap_ready), .ap_idle(ap_idle), .ap_done(ap_done),
        .issue(issue), .phase(phase), .valid(valid));
    ring #(GROUPS) g (clk, rst, issue & go, group, );
    wire [(A+B+E)*PE-1:0] constants;
    rom #((A + B + E) * PE, GROUPS) k (clk, go & issue, group, constants);
    reg [ACC*PE-1:0] taken;
    reg signed [A-1:0] sum [0:PE-1];
    reg [B-1:0] factor [0:PE-1];
    reg [E-1:0] shift [0:PE-1], shift2 [0:PE-1], shift3 [0:PE-1];
    reg negative [0:PE-1], negative2 [0:PE-1], negative3 [0:PE-1];
    integer n, n2;
    reg signed [A-1:0] biased;
    always @(posedge clk) if (go) begin
        if (valid[0]) taken <= x;
        if (valid[1])
            for (n = 0; n < PE; n = n + 1) begin
                biased = $signed(taken[ACC*n +: ACC]) + $signed(constants[(A+B+E)*n +: A]);
                factor[n] <= constants[(A+B+E)*n+A +: B];
                shift[n] <= constants[(A+B+E)*n+A+B +: E];
                negative[n] <= biased[A-1];
                if (LEFT > 0) biased = constants[(A+B+E)*n+A+B+E-1] ? biased : biased <<< constants[(A+B+E)*n+A+B +: 4];
                sum[n] <= KIND == 1 && biased[A-1] ? -biased : biased;
            end
    end
    // The multipliers in turn: unit u does jobs u, u + UNITS, ... one a cycle, in the II cycles from valid[2] on.
    wire [P*JOBS-1:0] done;
    genvar u, m;
    generate for (u = 0; u < UNITS; u = u + 1) begin : units
        localparam MINE = (JOBS - u + UNITS - 1) / UNITS;
        wire [(A+18)*MINE-1:0] operands;
        reg [A+17:0] chosen;
        reg signed [A-1:0] a;
        reg signed [17:0] b;
        reg signed [P-1:0] p;
        integer k;
        always @* begin
            chosen = 0;
            for (k = 0; k < MINE; k = k + 1) chosen = chosen | (valid[2+k] || MINE == 1 ? operands[(A+18)*k +: A+18] : 0);
        end
        always @(posedge clk) if (go) begin
            a <= chosen[18 +: A]; b <= chosen[17:0]; p <= a * b;
        end
        for (m = 0; m < MINE; m = m + 1) begin : jobs
            localparam JOB = u + m * UNITS, AT = (JOB % H) * S, OF = B - AT > S ? S : B - AT;
            reg [P-1:0] kept;
            assign operands[(A+18)*m +: A+18] = {sum[JOB / H], {(18-OF){1'b0}}, factor[JOB / H][AT +: OF]};
            assign done[P*JOB +: P] = kept;
            always @(posedge clk) if (go & (valid[4+m] | MINE == 1)) kept <= p;
        end
    end endgenerate
    // Values of an iteration stay while the next one enters its multipliers.
    reg signed [T-1:0] total;
    reg signed [T:0] rounded [0:PE-1];
    reg signed [T:0] scaled;
    reg signed [31:0] q, mask, threshold;
    reg signed [31:0] value [0:PE-1];
    wire late = valid[STAGES-3], later = valid[STAGES-2], latest = valid[STAGES-1];
    always @(posedge clk) if (go) begin
        if (valid[STAGES-4])
            for (n2 = 0; n2 < PE; n2 = n2 + 1) begin shift2[n2] <= shift[n2]; negative2[n2] <= negative[n2]; end
        if (late)
            for (n2 = 0; n2 < PE; n2 = n2 + 1) begin
                shift3[n2] <= shift2[n2]; negative3[n2] <= negative2[n2];
                total = $signed(done[P*(H*n2) +: P]);
                if (H > 1) total = total + ($signed(done[P*(H*n2+H-1) +: P]) <<< S);
                if (H > 2) total = total + ($signed(done[P*(H*n2+1) +: P]) <<< (2 * S));
                rounded[n2] <= KIND == 0 ? total + (1 << 30) : total;
            end
        if (later)
            for (n2 = 0; n2 < PE; n2 = n2 + 1)
                if (KIND == 0) begin
                    q = rounded[n2] >>> 31;
                    mask = (32'd1 << shift3[n2][4:0]) - 1;
                    threshold = (mask >>> 1) + q[31];
                    value[n2] <= (q >>> shift3[n2][4:0]) + ((q & mask) > threshold) + zero_point;
                end else begin
                    scaled = (rounded[n2] + ({{T{1'b0}}, 1'b1} << (shift3[n2] - 1))) >>> shift3[n2];
                    q = scaled > 512 ? 512 : (KIND == 2 && scaled < -512 ? -512 : scaled);
                    value[n2] <= (KIND == 1 && negative3[n2] ? -q : q) + zero_point;
                end
        if (latest)
            for (n2 = 0; n2 < PE; n2 = n2 + 1)
                y[8*n2 +: 8] <= value[n2] < low ? low : (value[n2] > high ? high : value[n2]);
    end
endmodule
