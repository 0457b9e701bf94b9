#pragma once
#include <span>
#include <vector>

// What the resistance of wires makes of an array. Row i is driven by v_i through one segment of wire at output 0 and
// runs on by a segment from output to output; column o runs from input 0 to the last one and through one more segment
// to ground. Cells join the two. The network is linear: the current of column o is sum over i of A[o][i] v_i, whatever
// the voltages. A is found once an array; products then cost what they cost without resistance.
namespace flashcell::quant::cim {

/// Conductances, outputs x inputs, row-major; those of the wires' segments are 1 / resistance in the same units.
struct WiredArray {
  std::span<const double> conductance;
  int outputs = 0, inputs = 0;
  double resistance = 0;
};

/// A by nodal analysis: two nodes a cell, a sparse Cholesky factorization, one solution an output (the network is
/// reciprocal: what flows out of column o for a volt on row i is what flows out of row i for a volt on column o).
/// 576 x 64 cells take about half a second and 100 MB. Throws Error(Fault::usage): more than 400,000 cells, resistances
/// too small for double precision.
std::vector<double> exact_conductance(const WiredArray& array);

/// A where each wire's drop is computed as if the others had none: A = G a b, a the voltage at the cell along its row
/// with grounded columns, b the part of the cell's current that reaches the end of its column with rows that hold their
/// voltage. Two ladders a wire, proportional to the number of cells. What it leaves out is of second order in the drop:
/// where the exact currents are d below those without resistance, it was off by at most d^2 / 6 of them on columns of
/// real layers (d up to 0.58, error up to 0.0062).
std::vector<double> fast_conductance(const WiredArray& array);

}  // namespace flashcell::quant::cim
