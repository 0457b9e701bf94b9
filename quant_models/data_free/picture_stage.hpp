#pragma once
#include <memory>
#include <vector>

#include "quant_models/data_free/image_stream.hpp"
#include "quant_models/data_free/options.hpp"
#include "quant_models/data_free/real_network.hpp"
#include "quant_models/data_free/run_folder.hpp"

namespace flashcell::quant {

/// The source of a method that draws its pictures without a quantized network.
std::unique_ptr<ImageSource> make_source(PictureMethod method, const WorkPlan& work, const RealNetwork& network,
                                         int threads);

/// Of all that drawn pictures depend on.
uint64_t picture_fingerprint(const RealNetwork& network, PictureMethod method, const WorkPlan& work, int64_t count,
                             uint64_t seed);

/// The pictures of one run: drawn out of the network, by a generator, or real ones. What is done is kept in the run's
/// folder.
class PictureStage {
 public:
  /// All but the method outlive this. `method`: of drawn ones; not looked at where the options name real ones.
  PictureStage(const DataFreeOptions& options, PictureMethod method, const RealNetwork& network, const WorkPlan& work,
               const RunFolder& folder);

  /// Throws what ImageSource::draw() throws, ModelError for a checkpoint of other options.
  void draw(const Progress& progress);

  /// Pictures to begin with.
  const DrawnImages& drawn() const { return drawn_; }
  /// What was minimized for them.
  const std::vector<double>& losses() const { return drawn_.losses; }
  uint64_t fingerprint() const;

  /// What a quantized network learns from. This outlives it.
  std::unique_ptr<ImageStream> stream();
  /// A generator has learned on beside the quantized network for so many steps: what it makes now is shown in the place
  /// of what it began with.
  void finish(int64_t steps);

 private:
  bool generates() const { return is_generator(method_) && options_.pictures.empty(); }
  void train_generator(const Progress& progress);
  void look_at_generator(int64_t done);

  const DataFreeOptions& options_;
  PictureMethod method_;
  const RealNetwork& network_;
  const WorkPlan& work_;
  const RunFolder& folder_;
  DrawnImages drawn_;
  std::unique_ptr<Teacher> teacher_;  // of a generator
  std::unique_ptr<GeneratorTraining> generator_;
};

}  // namespace flashcell::quant
