#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "host/inference/engine/kernels.hpp"
#include "host/inference/engine/prepack.hpp"
#include "host/inference/engine/row_layers.hpp"
#include "host/inference/engine/strips.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host::inference {

/// Runs a layer on its maps. `wide` is what Kernels::convolution wants.
using StepWork = std::function<void(int items, uint16_t* wide)>;

/// A layer, ready to run.
struct Step {
  contract::LayerKind kind = {};
  bool fast = true;  ///< else the reference computes it
  std::vector<Map> in;
  Map out = {};
  StepWork work = {};  ///< of a layer of the second version of the contract; the others are told by what follows
  PackedLayer weighted;
  PoolLayer pool = {};
  AddLayer add = {};
  std::vector<CopyLayer> copies;  ///< of a concatenation, one an input
  std::vector<bool> copied;       ///< written into its place by the layer that makes it
  int factor = 1;                 ///< of an upsample
  bool reads_input = false;       ///< one of the model's inputs
  size_t chain = 0;               ///< of so many layers, this the first; 0: none begins here
  std::unique_ptr<StripChain> strips = {};
};

/// An instruction set.
struct KernelSet {
  const Kernels& layers;
  const RowKernels& rows;
};

/// The layer on these maps, one a tensor; without `fast` where no kernels have it.
Step make_step(const quant::PackedModel& model, const contract::LayerDescriptor& layer, const KernelSet& kernels,
               const std::vector<Map>& maps);

/// The work of a layer norm, softmax, gelu, table, sum or product of numbers; of a layer that only moves them; of a
/// matrix product. Empty where no kernels have it.
StepWork make_row_work(const quant::PackedModel& model, const contract::LayerDescriptor& layer,
                       const RowKernels& kernels, const Step& step);
StepWork make_move_work(const quant::PackedModel& model, const contract::LayerDescriptor& layer, const Step& step);
StepWork make_product_work(const quant::PackedModel& model, const contract::LayerDescriptor& layer,
                           const Kernels& kernels, const Step& step);

/// Layers with weights whose values only a concatenation reads write them there, as that would.
void write_into_concatenations(const quant::PackedModel& model, std::vector<Step>& steps);

/// Finds layers that can be worked on a few rows at a time, as long as what lies between two of them is large; returns
/// the bytes of memory that the chains take turns in.
size_t find_chains(const quant::PackedModel& model, std::vector<Step>& steps);

}  // namespace flashcell::host::inference
