#include "quant_models/data_free/picture_stage.hpp"

#include <chrono>

#include "quant_models/data_free/draw_pictures.hpp"
#include "quant_models/data_free/train_student.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/synthesize/attention_images.hpp"
#include "quant_models/synthesize/distill.hpp"
#include "quant_models/synthesize/generated_images.hpp"
#include "quant_models/synthesize/image_files.hpp"
#include "quant_models/synthesize/image_snapshot.hpp"
#include "quant_models/synthesize/leaf_images.hpp"
#include "quant_models/synthesize/noise.hpp"

namespace flashcell::quant {
namespace {

GeneratorOptions generator_options(PictureMethod method) {
  GeneratorOptions options;
  if (method == PictureMethod::ddaq) options.method = GeneratorMethod::ddaq;
  if (method == PictureMethod::coleq) options.method = GeneratorMethod::coleq;
  return options;
}

AttentionImageOptions attention_options(PictureMethod method, const WorkPlan& work, int threads) {
  AttentionImageOptions options;
  if (method == PictureMethod::psaq_v2) options.method = AttentionMethod::psaq_v2;
  if (method == PictureMethod::sardfq) options.method = AttentionMethod::sardfq;
  options.steps = work.distill_steps;
  options.threads = threads;
  return options;
}

DistillOptions options_of(const RealNetwork& network) {
  const Shape& shape = network.input_shape();
  return distill_options(shape.at(2), shape.at(3));
}

}  // namespace

std::unique_ptr<ImageSource> make_source(PictureMethod method, const WorkPlan& work, const RealNetwork& network,
                                         int threads) {
  if (method == PictureMethod::noise) return std::make_unique<NoiseImages>(network.range());
  if (method == PictureMethod::leaves) return std::make_unique<LeafImages>(network.range());
  if (looks_at_attention(method))
    return std::make_unique<AttentionImages>(network.range(), attention_options(method, work, threads));
  if (is_generator(method))
    return std::make_unique<GeneratedImages>(network.range(), generator_options(method), work.generator_steps, threads);
  DistillOptions options = options_of(network);
  options.steps = work.distill_steps;
  options.threads = threads;
  return std::make_unique<DistilledImages>(network.range(), options);
}

uint64_t picture_fingerprint(const RealNetwork& network, PictureMethod method, const WorkPlan& work, int64_t count,
                             uint64_t seed) {
  Hash hash;
  hash.add(network.fingerprint).add(name_in(kPictureMethodNames, method)).add(seed);
  for (const int64_t number : {work.images, int64_t{work.distill_steps}, work.generator_steps, count})
    hash.add(static_cast<uint64_t>(number));
  // Runs of before began all of them as noise, or as leaves without textures.
  if (method == PictureMethod::distill && options_of(network).leaves) hash.add("textured leaves");
  return hash.value();
}

PictureStage::PictureStage(const DataFreeOptions& options, PictureMethod method, const RealNetwork& network,
                           const WorkPlan& work, const RunFolder& folder)
    : options_(options), method_(method), network_(network), work_(work), folder_(folder) {
  if (!generates()) return;
  teacher_ = std::make_unique<Teacher>(network.graph);
  generator_ = std::make_unique<GeneratorTraining>(*teacher_, ImagePlanes(network.range()), generator_options(method),
                                                   options.seed);
}

uint64_t PictureStage::fingerprint() const {
  Hash hash;
  hash.add(picture_fingerprint(network_, method_, work_, work_.images, options_.seed)).add(options_.pictures);
  return hash.add(static_cast<uint64_t>(options_.fit.short_side)).value();
}

void PictureStage::draw(const Progress& progress) {
  if (generates()) {
    train_generator(progress);
    return;
  }
  const std::unique_ptr<ImageSource> source =
      options_.pictures.empty()
          ? make_source(method_, work_, network_, options_.threads)
          : std::make_unique<ImageFiles>(options_.pictures, *network_.metadata.preprocessing, options_.fit);
  drawn_ = draw_pictures(*source, network_.graph, work_.images, options_.seed, folder_.file("pictures.checkpoint"),
                         fingerprint(), progress);
}

// What the generator makes of the noise of its first step, by time.
void PictureStage::look_at_generator(int64_t done) {
  drawn_.history.push_back(snapshot_of(done, generator_->images(0, 0, 1)));
}

// Alone at first: what it gives then is what the quantized network begins with.
void PictureStage::train_generator(const Progress& progress) {
  const std::string file = folder_.file("pictures.checkpoint");
  Checkpoint state;
  std::vector<at::Tensor*> numbers = generator_->state();
  const size_t own = numbers.size();
  if (std::optional<Checkpoint> found = load_checkpoint(file, fingerprint())) {
    state = std::move(*found);
    for (; state.tensors.size() > own; state.tensors.pop_back()) {
      const Tensor& shot = state.tensors.back();
      drawn_.history.insert(drawn_.history.begin(),
                            {static_cast<int64_t>(shot.values.back()), {shot.values.begin(), shot.values.end() - 1}});
    }
    restore(state.tensors, numbers, file);
  }
  state.fingerprint = fingerprint();
  const auto keep = [&] {
    state.tensors = stored(numbers);
    for (const ImageSnapshot& shot : drawn_.history) {
      Tensor row{{static_cast<int64_t>(shot.values.size()) + 1}, shot.values};
      row.values.push_back(static_cast<float>(shot.step));
      state.tensors.push_back(std::move(row));
    }
    save(state, file);
  };
  ShardThreads threads(options_.threads);
  auto saved = std::chrono::steady_clock::now();
  while (state.step < work_.generator_steps) {
    if (is_snapshot_step(state.step, work_.generator_steps) &&
        (drawn_.history.empty() || drawn_.history.back().step < state.step))
      look_at_generator(state.step);
    state.history.push_back({generator_->step(state.step, threads, {}), 0, -1});
    ++state.step;
    if (progress) progress({"training the generator", state.step, work_.generator_steps, state.history.back().loss});
    const auto now = std::chrono::steady_clock::now();
    if (std::chrono::duration<double>(now - saved).count() < options_.checkpoint_seconds &&
        state.step < work_.generator_steps)
      continue;
    keep();
    saved = now;
  }
  std::vector<ImageSnapshot> history = std::move(drawn_.history);
  drawn_ = draw_from(*generator_, work_.generator_steps, work_.images);
  drawn_.history = std::move(history);
  drawn_.losses.clear();
  for (const EpochRecord& r : state.history) drawn_.losses.push_back(r.loss);
}

std::unique_ptr<ImageStream> PictureStage::stream() {
  if (generates()) return std::make_unique<GeneratedStream>(*generator_, work_.generator_steps);
  return std::make_unique<MixedImages>(drawn_, network_.input_shape(), kStudentBatch, options_.seed);
}

void PictureStage::finish(int64_t steps) {
  if (!generates()) return;
  DrawnImages now = draw_from(*generator_, work_.generator_steps + steps, work_.images);
  now.losses = std::move(drawn_.losses);
  now.history = std::move(drawn_.history);
  drawn_ = std::move(now);
}

}  // namespace flashcell::quant
