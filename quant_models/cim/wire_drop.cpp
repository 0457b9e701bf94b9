#include "quant_models/cim/wire_drop.hpp"

#include <fmt/format.h>

#include <Eigen/SparseCholesky>

#include "base/error.hpp"

namespace flashcell::quant::cim {
namespace {

using Matrix = Eigen::SparseMatrix<double>;

/// Conductances between nodes and to ground, node by node.
class Nodes {
 public:
  explicit Nodes(const WiredArray& array) : a_(array), wire_(1 / array.resistance) {
    for (int o = 0; o < a_.outputs; ++o) {
      for (int i = 0; i < a_.inputs; ++i) {
        const double g =
            a_.conductance[static_cast<size_t>(o) * static_cast<size_t>(a_.inputs) + static_cast<size_t>(i)];
        join(row(o, i), column(o, i), g);
        o == 0 ? ground(row(o, i), wire_) : join(row(o - 1, i), row(o, i), wire_);
        i + 1 == a_.inputs ? ground(column(o, i), wire_) : join(column(o, i), column(o, i + 1), wire_);
      }
    }
  }

  int row(int o, int i) const { return 2 * (o * a_.inputs + i); }
  int column(int o, int i) const { return row(o, i) + 1; }

  Matrix matrix() const {
    const int size = 2 * a_.outputs * a_.inputs;
    Matrix m(size, size);
    m.setFromTriplets(entries_.begin(), entries_.end());
    return m;
  }

 private:
  void ground(int node, double g) { entries_.emplace_back(node, node, g); }
  void join(int a, int b, double g) {
    ground(a, g);
    ground(b, g);
    entries_.emplace_back(b, a, -g);  // the lower triangle
  }

  const WiredArray& a_;
  double wire_;
  std::vector<Eigen::Triplet<double>> entries_;
};

// Voltages along a wire that is driven by one volt through a segment and has these conductances to ground: the ladder
// is walked from its end, where nothing flows on, and scaled.
void ladder(std::span<const double> conductance, double resistance, std::span<double> voltage) {
  double at = 1, flow = 0;
  for (size_t k = conductance.size(); k-- > 0;) {
    voltage[k] = at;
    flow += conductance[k] * at;
    at += resistance * flow;
  }
  for (double& v : voltage) v /= at;
}

}  // namespace

std::vector<double> exact_conductance(const WiredArray& array) {
  // Factors of larger ones take gigabytes.
  constexpr int64_t kMostCells = 400000;
  const int64_t cells = int64_t{array.outputs} * array.inputs;
  if (cells > kMostCells)
    throw Error(Fault::usage,
                fmt::format("wires of an array of {} x {} cells are too many to be solved exactly ({} cells "
                            "at most); give wire.solver = \"fast\", or smaller arrays",
                            array.inputs, array.outputs, kMostCells));
  const Nodes nodes(array);
  const Eigen::SimplicialLDLT<Matrix, Eigen::Lower> factors(nodes.matrix());
  if (factors.info() != Eigen::Success)
    throw Error(Fault::usage, "wires of so little resistance cannot be solved exactly; give wire.solver = \"fast\"");
  std::vector<double> result(array.conductance.size());
  Eigen::VectorXd source = Eigen::VectorXd::Zero(2 * array.outputs * array.inputs);
  for (int o = 0; o < array.outputs; ++o) {
    const int end = nodes.column(o, array.inputs - 1);
    source[end] = 1 / array.resistance;
    const Eigen::VectorXd voltage = factors.solve(source);
    source[end] = 0;
    for (int i = 0; i < array.inputs; ++i)
      result[static_cast<size_t>(o) * static_cast<size_t>(array.inputs) + static_cast<size_t>(i)] =
          voltage[nodes.row(0, i)] / array.resistance;
  }
  return result;
}

std::vector<double> fast_conductance(const WiredArray& array) {
  const auto outputs = static_cast<size_t>(array.outputs), inputs = static_cast<size_t>(array.inputs);
  std::vector<double> result(array.conductance.begin(), array.conductance.end());
  std::vector<double> wire(outputs), voltage(outputs);
  for (size_t i = 0; i < inputs; ++i) {
    for (size_t o = 0; o < outputs; ++o) wire[o] = array.conductance[o * inputs + i];
    ladder(wire, array.resistance, voltage);
    for (size_t o = 0; o < outputs; ++o) result[o * inputs + i] *= voltage[o];
  }
  wire.resize(inputs);
  voltage.resize(inputs);
  for (size_t o = 0; o < outputs; ++o) {
    // From the grounded end: what reaches it from a cell is the voltage there for a volt on the end (reciprocity).
    for (size_t i = 0; i < inputs; ++i) wire[i] = array.conductance[o * inputs + inputs - 1 - i];
    ladder(wire, array.resistance, voltage);
    for (size_t i = 0; i < inputs; ++i) result[o * inputs + i] *= voltage[inputs - 1 - i];
  }
  return result;
}

}  // namespace flashcell::quant::cim
