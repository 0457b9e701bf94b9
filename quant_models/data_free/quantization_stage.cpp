#include "quant_models/data_free/quantization_stage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "quant_models/data_free/train_student.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/quantize/adaptive_rounding.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/integer_functions.hpp"
#include "quant_models/quantize/repq.hpp"
#include "quant_models/train/block_reconstruction.hpp"

namespace flashcell::quant {
namespace {

constexpr int kUnsaidBits = 8;     // of the one where only the other is said
constexpr int kResidualBits = 16;  // of transformers
constexpr int kOutputBits = 8, kManyOutputBits = 16;
constexpr int64_t kManyOutputs = 1 << kOutputBits;  // beyond, many pictures have several best classes in 8 bits
constexpr int64_t kMostCalibrated = 256;
constexpr int64_t kMostRounded = 1024;  // images that rounding looks at
constexpr int64_t kBlockBatch = 8;      // images of a step of reconstruction

// Transformers lose much below 8 bits of values when these have one scale.
const char* usual_choices(Family family) {
  return family == Family::transformer ? "w:4,8;a:8" : "w:2,4,8;a:4,8";
}

// `count` of the images from `first` on.
PlanData part_of(const PlanData& data, int64_t first, int64_t count) {
  const size_t size = data.images.size() / static_cast<size_t>(data.count);
  return {data.images.subspan(static_cast<size_t>(first) * size, static_cast<size_t>(count) * size), count};
}

}  // namespace

QuantizationStage::QuantizationStage(const DataFreeOptions& options, Family family, const RealNetwork& network,
                                     const Graph& real, const WorkPlan& work, const RunFolder& folder)
    : o_(options), family_(family), network_(network), real_(real), work_(work), folder_(folder) {
  const bool said = o_.weight_bits || o_.activation_bits;
  if (said && !o_.search.budgets.empty())
    throw Error(Fault::usage, "--budget asks for a search, which --weights and --activations leave nothing to choose");
  if (o_.repq && !o_.search.budgets.empty())
    throw Error(Fault::usage, "--repq gives all layers the same bits, so that no --budget can be kept; leave it out");
}

bool QuantizationStage::searches() const {
  return !o_.weight_bits && !o_.activation_bits && !o_.repq;
}

int QuantizationStage::output_bits() const {
  if (o_.output_bits) return *o_.output_bits;
  const Graph& graph = network_.graph;
  // Scores of classes, not maps of a detector's.
  const bool has_many = std::any_of(graph.outputs().begin(), graph.outputs().end(), [&](const Output& output) {
    const Shape& shape = graph.node(output.node).shape;
    return shape.size() > 1 && shape[1] > kManyOutputs && shape[1] == element_count(shape);
  });
  return has_many ? kManyOutputBits : kOutputBits;
}

PostTrainingOptions QuantizationStage::post_training_options() const {
  PostTrainingOptions options;
  options.weights.bits = o_.weight_bits.value_or(kUnsaidBits);
  options.weights.calibrator = Calibrator::mse;
  options.activations.bits = o_.activation_bits.value_or(kUnsaidBits);
  options.activations.calibrator = Calibrator::mse;
  options.edge_weight_bits = o_.edge_weight_bits;
  options.sum_bits = o_.sum_bits;
  options.output_bits = output_bits();
  options.residual_bits = o_.residual_bits.value_or(family_ == Family::transformer ? kResidualBits : 0);
  options.input = input_quantization(*network_.metadata.preprocessing);
  return options;
}

uint64_t QuantizationStage::bit_fingerprint(uint64_t pictures) const {
  Hash hash;
  hash.add(pictures).add(o_.seed).add(o_.search.choices).add(name_in(kPerturbationModelNames, o_.search.model));
  for (const std::string& budget : o_.search.budgets) hash.add(budget);
  for (const int number : {o_.sum_bits, output_bits(), o_.edge_weight_bits, o_.residual_bits.value_or(-1)})
    hash.add(static_cast<uint64_t>(number));
  return hash.value();
}

uint64_t QuantizationStage::training_fingerprint(uint64_t pictures) const {
  Hash hash;
  hash.add(bit_fingerprint(pictures)).add(std::to_string(o_.learning_rate)).add(static_cast<uint64_t>(o_.repq));
  for (const int number : {o_.weight_bits.value_or(0), o_.activation_bits.value_or(0), iterations()})
    hash.add(static_cast<uint64_t>(number));
  return hash.add(static_cast<uint64_t>(work_.training_steps)).add(static_cast<uint64_t>(work_.rounding_steps)).value();
}

void QuantizationStage::choose(PostTrainingOptions& quantization, const PlanData& data, uint64_t pictures,
                               DataFreeRun& run, const Progress& progress) const {
  BitSearch search = o_.search;
  if (search.choices.empty()) search.choices = usual_choices(family_);
  ChosenBits chosen = choose_bits(folder_, bit_fingerprint(pictures), real_, data, quantization, search, o_.seed,
                                  [&](const std::string& what) {
                                    if (progress) progress({what, 0, 0, 0});
                                  });
  quantization.node_bits = std::move(chosen.node_bits);
  run.steps.push_back(fmt::format("bits of each layer chosen out of {} settings that no other one beats, judged by {}",
                                  chosen.front.all_points, chosen.front.judged_by));
  run.front = std::move(chosen.front);
}

Graph QuantizationStage::begin(const PlanData& data, uint64_t pictures, DataFreeRun& run,
                               const Progress& progress) const {
  PostTrainingOptions quantization = post_training_options();
  if (searches())
    choose(quantization, data, pictures, run, progress);
  else
    run.steps.push_back(
        fmt::format("weights {} bits, values {} bits", quantization.weights.bits, quantization.activations.bits));
  if (progress) progress({"quantizing", 0, 0, 0});
  if (!o_.repq) {
    run.steps.push_back(fmt::format("scales by least squared error on {} pictures", data.count));
    return fit_integer_functions(quantize_post_training(real_, data.images, data.count, quantization));
  }
  run.steps.push_back(fmt::format("quantized as RepQ-ViT does on {} pictures", data.count));
  return quantize_repq(real_, data.images, data.count,
                       {.weights = quantization.weights,
                        .value_bits = quantization.activations.bits,
                        .edge_weight_bits = quantization.edge_weight_bits,
                        .input = quantization.input});
}

Graph QuantizationStage::rounded(const Graph& quantized, const PlanData& data, const Progress& progress) const {
  const AdaptiveRoundingOptions options{
      .seed = o_.seed, .threads = std::max(1, o_.threads), .iterations = work_.rounding_steps};
  return round_adaptively(real_, quantized, data.images, data.count, options,
                          [&](const std::string& layer, size_t done, size_t all) {
                            if (progress)
                              progress({"rounding " + layer, static_cast<int64_t>(done), static_cast<int64_t>(all), 0});
                          });
}

// A step of reconstruction looks at a part of the network at a time, and at fewer pictures than one of training.
int QuantizationStage::iterations() const {
  if (family_ != Family::transformer) return 0;
  if (o_.reconstruct) return *o_.reconstruct;
  constexpr int64_t kLeast = 10, kMost = 1000;
  return static_cast<int>(std::clamp(work_.training_steps * kStudentBatch / kBlockBatch, kLeast, kMost));
}

Graph QuantizationStage::train(const Graph& quantized, PictureStage& pictures, DataFreeRun& run,
                               const Progress& progress) const {
  Student student(real_, quantized, {});
  StudentTrainingOptions options;
  options.steps = work_.training_steps;
  options.learning_rate = o_.learning_rate;
  options.keeps_integers = work_.rounding_steps > 0;
  options.threads = o_.threads;
  options.checkpoint = folder_.file("training.checkpoint");
  options.checkpoint_seconds = o_.checkpoint_seconds;
  options.fingerprint = training_fingerprint(pictures.fingerprint());
  const std::unique_ptr<ImageStream> images = pictures.stream();
  Graph trained = train_student(student, *images, options, run.training_losses, progress);
  pictures.finish(options.steps);
  run.training_steps = options.steps;
  run.steps.push_back(fmt::format("{} trained for {} steps of {} pictures to do what the real network does",
                                  options.keeps_integers ? "scales and biases" : "weights, scales and biases",
                                  options.steps, kStudentBatch));
  return trained;
}

// The result is a file, too, and always comes out of it.
Graph QuantizationStage::reconstruct(const Graph& quantized, const PictureStage& pictures, DataFreeRun& run,
                                     const Progress& progress) const {
  const std::string file = folder_.file("blocks.checkpoint");
  const uint64_t fingerprint = training_fingerprint(pictures.fingerprint());
  TorchNetwork network(quantized);
  std::vector<at::Tensor*> numbers;
  for (Parameter& p : network.parameters()) numbers.push_back(&p.value);
  std::optional<Checkpoint> found = load_checkpoint(file, fingerprint);
  if (!found) {
    const ReconstructionOptions options{
        .iterations = iterations(), .batch = kBlockBatch, .seed = o_.seed, .threads = o_.threads};
    const DrawnImages& drawn = pictures.drawn();
    const Reconstruction done = reconstruct_blocks(
        real_, quantized, drawn.values, drawn.count, options, [&](const std::string&, size_t block, size_t all) {
          if (progress) progress({"reconstructing blocks", static_cast<int64_t>(block), static_cast<int64_t>(all), 0});
        });
    TorchNetwork made(done.graph);
    found.emplace();
    found->fingerprint = fingerprint;
    found->step = options.iterations;
    for (const double error : done.after) found->history.push_back({error, 0, -1});
    for (const Parameter& p : made.parameters()) found->tensors.push_back(from_torch(p.value));
    save(*found, file);
  }
  restore(found->tensors, numbers, file);
  for (const EpochRecord& block : found->history) run.training_losses.push_back(block.loss);
  run.training_steps = found->step;
  run.steps.push_back(fmt::format("{} blocks reconstructed in {} steps each, on {} pictures", found->history.size(),
                                  found->step, pictures.drawn().count));
  // Training has moved the scales that integers ask for.
  return o_.repq ? network.trained() : fit_integer_functions(network.trained());
}

// Training begins where rounding with care has come to, leaves its integers, and is left where it gets no closer.
Graph QuantizationStage::round_and_train(const Graph& nearest, PictureStage& pictures, DataFreeRun& run,
                                         const Progress& progress) const {
  if (work_.rounding_steps == 0) return train(nearest, pictures, run, progress);
  const DrawnImages& drawn = pictures.drawn();
  const PlanData data{drawn.values, drawn.count};
  const bool trains = work_.training_steps > 0;
  const int64_t most = trains ? std::max<int64_t>(data.count / 2, 1) : data.count;
  const int64_t count = std::min(most, kMostRounded);
  Graph careful = rounded(nearest, part_of(data, 0, count), progress);
  run.steps.push_back(
      fmt::format("weights rounded adaptively on {} pictures (AdaRound, {} steps)", count, work_.rounding_steps));
  if (!trains) return careful;
  // Judged by images that rounding has not fitted, where there are two. A generator draws others while it learns.
  const PlanData kept = part_of(data, data.count - count, count);
  const std::vector<float> pixels(kept.images.begin(), kept.images.end());
  const PlanData others{pixels, count};
  Graph trained = train(careful, pictures, run, progress);
  const double of_training = loss_of(trained, others), of_rounding = loss_of(careful, others);
  const bool keep = of_training <= of_rounding;
  run.steps.push_back(fmt::format("training {}: loss on {} other pictures {:.3g} with it, {:.3g} of rounding alone",
                                  keep ? "kept" : "left out, as it comes no closer", others.count, of_training,
                                  of_rounding));
  return keep ? std::move(trained) : std::move(careful);
}

double QuantizationStage::loss_of(const Graph& quantized, const PlanData& data) const {
  const at::NoGradGuard no_gradients;
  const Student student(real_, quantized, {});
  std::vector<at::Tensor> parameters;
  for (const Parameter& p : student.network().parameters()) parameters.push_back(p.value.detach());
  Shape shape = network_.input_shape();
  const auto size = static_cast<size_t>(element_count(shape));
  double sum = 0;
  for (int64_t first = 0; first < data.count; first += kStudentBatch) {
    shape[0] = std::min(kStudentBatch, data.count - first);
    const std::span<const float> batch =
        data.images.subspan(static_cast<size_t>(first) * size, static_cast<size_t>(shape[0]) * size);
    const at::Tensor images = to_torch({shape, {batch.begin(), batch.end()}});
    sum += student.loss(images, parameters).item<double>() * static_cast<double>(shape[0]);
  }
  return sum / static_cast<double>(data.count);
}

Graph QuantizationStage::quantize(PictureStage& pictures, DataFreeRun& run, const Progress& progress) {
  const DrawnImages& drawn = pictures.drawn();
  const int64_t count = std::min(drawn.count, kMostCalibrated);
  const auto size = static_cast<size_t>(element_count(network_.input_shape())) * static_cast<size_t>(count);
  const PlanData data{std::span(drawn.values).first(size), count};
  const Graph quantized = begin(data, pictures.fingerprint(), run, progress);
  if (family_ != Family::transformer) return round_and_train(quantized, pictures, run, progress);
  return iterations() > 0 ? reconstruct(quantized, pictures, run, progress) : quantized;
}

}  // namespace flashcell::quant
