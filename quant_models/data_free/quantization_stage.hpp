#pragma once
#include <string>
#include <vector>

#include "quant_models/data_free/family.hpp"
#include "quant_models/data_free/picture_stage.hpp"

namespace flashcell::quant {

/// A quantized network on its way: bits, post-training quantization, training.
class QuantizationStage {
 public:
  /// `real`: the network as plans take it. All outlive this. Throws Error(usage) for options that exclude each other.
  QuantizationStage(const DataFreeOptions& options, Family family, const RealNetwork& network, const Graph& real,
                    const WorkPlan& work, const RunFolder& folder);

  /// The quantized network, rounded or trained on the pictures, which have been drawn. What was done, losses and the
  /// front go into `run`.
  Graph quantize(PictureStage& pictures, DataFreeRun& run, const Progress& progress);

 private:
  bool searches() const;
  PostTrainingOptions post_training_options() const;
  uint64_t bit_fingerprint(uint64_t pictures) const;
  uint64_t training_fingerprint(uint64_t pictures) const;
  void choose(PostTrainingOptions& quantization, const PlanData& data, uint64_t pictures, DataFreeRun& run,
              const Progress& progress) const;
  Graph begin(const PlanData& data, uint64_t pictures, DataFreeRun& run, const Progress& progress) const;
  Graph rounded(const Graph& quantized, const PlanData& data, const Progress& progress) const;
  Graph round_and_train(const Graph& nearest, PictureStage& pictures, DataFreeRun& run, const Progress& progress) const;
  double loss_of(const Graph& quantized, const PlanData& data) const;
  Graph train(const Graph& quantized, PictureStage& pictures, DataFreeRun& run, const Progress& progress) const;
  Graph reconstruct(const Graph& quantized, const PictureStage& pictures, DataFreeRun& run,
                    const Progress& progress) const;
  int iterations() const;
  int output_bits() const;

  const DataFreeOptions& o_;
  Family family_;
  const RealNetwork& network_;
  const Graph& real_;
  const WorkPlan& work_;
  const RunFolder& folder_;
};

}  // namespace flashcell::quant
