#pragma once
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "quant_models/layers/row_product.hpp"
#include "quant_models/recurrent/egru.hpp"

// Forward and backward through time of one layer, written out by hand. Numbers of several sequences lie step by step:
// row t * batch + n is of sequence n at step t.
namespace flashcell::quant {

/// Pseudo-derivative of an event by its state: dampening * max(0, 1 - width |state - threshold|).
template <class Real>
struct Surrogate {
  Real dampening = Real(0.7), width = Real(1);
};

/// Products of rows and a matrix as RowProduct has them, in float64: plain loops, to check with.
class PlainProduct {
 public:
  PlainProduct() = default;
  PlainProduct(int depth, int columns);
  void pack(const double* matrix, int64_t depth_stride, int64_t column_stride);
  void multiply(const double* rows, int64_t count, double* out) const;
  void add_transposed(const double* left, int64_t count, double* sums) const;

 private:
  int depth_ = 0, columns_ = 0;
  std::vector<double> matrix_;  // columns x depth
};

template <class Real>
using RealProduct = std::conditional_t<std::is_same_v<Real, float>, RowProduct, PlainProduct>;

/// A layer's weights laid out for both directions. Shared by all threads.
template <class Real>
struct PackedLayer {
  RealProduct<Real> input, recurrent, input_back, recurrent_back;

  PackedLayer() = default;
  explicit PackedLayer(const RecurrentLayer<Real>& layer);
  /// Anew from changed weights of the same sizes. `recurrent_weights` stand in for the layer's own: with some dropped.
  void pack(const RecurrentLayer<Real>& layer, const std::vector<Real>& recurrent_weights);
};

/// What a forward pass leaves for the backward one.
template <class Real>
struct LayerTape {
  int64_t steps = 0, batch = 0;
  std::vector<Real> outputs, memories;  ///< (steps + 1) x batch x hidden: the first block is what was before
  std::vector<Real> gates;              ///< steps x batch x rows: after sigmoid and tanh
  std::vector<Real> candidates;  ///< steps x batch x hidden: the recurrent candidate sums; LSTM: tanh of the cell
  std::vector<Real> states;      ///< steps x batch x hidden: c
  std::vector<uint8_t> kept;     ///< steps x batch x hidden: 1 where zoneout kept the old state; may be empty

  /// Sizes everything, outputs and memories all zero.
  void resize(const RecurrentLayer<Real>& layer, int64_t step_count, int64_t batch_count);
  /// What the last step left becomes what was before.
  void carry_on(const RecurrentLayer<Real>& layer);
  std::span<const Real> layer_outputs(const RecurrentLayer<Real>& layer) const;
  /// Adds how many outputs of each unit are not zero.
  void add_events(const RecurrentLayer<Real>& layer, std::span<int64_t> events) const;
};

/// Buffers that passes share, grown as needed.
template <class Real>
struct PassBuffers {
  std::vector<Real> input_sums, recurrent_sums, input_gradients, recurrent_gradients;
  std::vector<Real> output_gradient, memory_gradient, sums;
};

/// `inputs`: steps x batch x layer.inputs; the tape holds the states before.
template <class Real>
void forward(const RecurrentLayer<Real>& layer, const PackedLayer<Real>& packed, std::span<const Real> inputs,
             LayerTape<Real>& tape, PassBuffers<Real>& buffers);

/// What penalties on activity add to the gradients of an EGRU's layer at every step.
template <class Real>
struct ActivityGradients {
  Real event = 0;                ///< of the loss by each event: reaches states through the surrogate
  std::span<const Real> states;  ///< of the loss by each unit's state, wherever it is; may be empty
};

/// `output_gradients` is of the loss by the outputs. Adds to `gradients`; writes `input_gradients` (steps x batch x
/// inputs) unless empty. Nothing flows to what was before the first step: back-propagation is truncated there.
template <class Real>
void backward(const RecurrentLayer<Real>& layer, const PackedLayer<Real>& packed, std::span<const Real> inputs,
              const LayerTape<Real>& tape, std::span<const Real> output_gradients,
              const ActivityGradients<Real>& activity, Surrogate<Real> surrogate, RecurrentLayer<Real>& gradients,
              std::span<Real> input_gradients, PassBuffers<Real>& buffers);

/// sums += left^T right over `depth` rows: left is depth x rows, right depth x columns.
template <class Real>
void add_outer_products(const Real* left, const Real* right, int64_t depth, int rows, int columns,
                        std::vector<Real>& sums);

}  // namespace flashcell::quant
