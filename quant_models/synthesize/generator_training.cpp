#include "quant_models/synthesize/generator_training.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/synthesize/layer_importance.hpp"
#include "quant_models/synthesize/torch_random.hpp"

namespace flashcell::quant {
namespace {

enum Place : uint64_t { kNoise, kLabels, kViews, kRestored };  // of random numbers

std::vector<Parameter> joined(const Generator& generator, const ContrastiveMemory* memory) {
  std::vector<Parameter> all = generator.parameters();
  if (memory != nullptr) all.insert(all.end(), memory->parameters().begin(), memory->parameters().end());
  return all;
}

std::vector<at::Tensor> values_of(const std::vector<Parameter>& parameters) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : parameters) values.push_back(p.value);
  return values;
}

}  // namespace

at::Tensor disagreement(const at::Tensor& real, const at::Tensor& quantized) {
  const at::Tensor size = real.detach().abs().sum(1).clamp_min(1e-8);
  return ((real - quantized).abs().sum(1) / size).mean();
}

struct GeneratorTraining::Part {
  double loss = 0;
  std::vector<at::Tensor> gradients;
  at::Tensor codes;
};

GeneratorTraining::GeneratorTraining(const Teacher& teacher, ImagePlanes planes, const GeneratorOptions& options,
                                     uint64_t seed)
    : teacher_(teacher),
      planes_(std::move(planes)),
      options_(options),
      seed_(seed),
      generator_(teacher.input_shape(), teacher.classes(), options.width, seed),
      memory_(options.method == GeneratorMethod::coleq
                  ? std::make_unique<ContrastiveMemory>(teacher.input_shape(), seed)
                  : nullptr),
      parameters_(joined(generator_, memory_.get())),
      optimizer_(parameters_, 0, 0.5) {
  teacher.require_normalization("a generator");
  importance_ = at::ones({static_cast<int64_t>(teacher.normalization_count())});
  if (options.method != GeneratorMethod::ddaq || teacher.classes() == 0) return;
  const std::vector<double> found =
      layer_importance(teacher, images(0, 0, kGeneratorParts), options.importance_samples, seed);
  std::transform(found.begin(), found.end(), importance_.data_ptr<float>(),
                 [](double v) { return static_cast<float>(v); });
}

int64_t GeneratorTraining::part_size(size_t part, size_t parts) const {
  const auto at = [&](size_t p) { return options_.batch * static_cast<int64_t>(p) / static_cast<int64_t>(parts); };
  return at(part + 1) - at(part);
}

at::Tensor GeneratorTraining::noise(int64_t step, size_t part, int64_t count) const {
  Random random(seed_, {kNoise, static_cast<uint64_t>(step), part});
  return normal_tensor({count, kLatentNumbers}, random);
}

at::Tensor GeneratorTraining::labels(int64_t step, size_t part, size_t parts) const {
  if (teacher_.classes() == 0) return {};
  Random random(seed_, {kLabels, static_cast<uint64_t>(step), part});
  at::Tensor labels = at::empty({part_size(part, parts)}, at::kLong);
  for (int64_t i = 0; i < labels.numel(); ++i)
    labels.data_ptr<int64_t>()[i] = static_cast<int64_t>(random.below(static_cast<uint64_t>(teacher_.classes())));
  return labels;
}

at::Tensor GeneratorTraining::images(int64_t step, size_t part, size_t parts) const {
  const at::NoGradGuard no_gradients;
  return planes_.from_numbers(generator_.forward(noise(step, part, part_size(part, parts)), labels(step, part, parts),
                                                 values_of(generator_.parameters())));
}

at::Tensor GeneratorTraining::images_and_restored(int64_t step, size_t part, size_t parts) const {
  at::Tensor made = images(step, part, parts);
  const int64_t restored = made.size(0) / 4;
  if (memory_ == nullptr || !memory_->is_full() || restored == 0) return made;
  const at::NoGradGuard no_gradients;
  Random random(seed_, {kRestored, static_cast<uint64_t>(step), part});
  made.narrow(0, 0, restored).copy_(planes_.from_numbers(memory_->restore(restored, random)));
  return made;
}

void GeneratorTraining::work(Part& part, int64_t step, size_t index, const Student& student) const {
  std::vector<at::Tensor> leaves;
  for (const Parameter& p : parameters_) leaves.push_back(p.value.detach().requires_grad_());
  const std::span<const at::Tensor> all(leaves);
  const size_t of_generator = generator_.parameters().size();
  const at::Tensor classes = labels(step, index, kGeneratorParts);
  const at::Tensor numbers =
      generator_.forward(noise(step, index, part_size(index, kGeneratorParts)), classes, all.first(of_generator));
  const at::Tensor images = planes_.from_numbers(numbers);
  const TeacherPass pass = teacher_.look(images);
  at::Tensor loss = options_.statistics_weight * (at::stack(pass.statistics) * importance_).mean();
  if (classes.defined()) loss = loss + at::cross_entropy_loss(pass.output, classes);
  if (options_.method == GeneratorMethod::ddaq && student)
    loss = loss - options_.disagreement_weight * disagreement(pass.output, student(images));
  if (memory_ != nullptr) {
    Random random(seed_, {kViews, static_cast<uint64_t>(step), index});
    const ContrastiveMemory::Terms terms = memory_->look(numbers, all.subspan(of_generator), random);
    loss = loss + options_.contrast_weight * (terms.contrast + terms.restoration);
    part.codes = terms.codes;
  }
  loss = loss / static_cast<double>(kGeneratorParts);
  part.loss = loss.item<double>();
  part.gradients = torch::autograd::grad({loss}, leaves);
}

double GeneratorTraining::step(int64_t step, ShardThreads& threads, const Student& student) {
  std::vector<Part> parts(kGeneratorParts);
  threads.run(parts.size(), [&](size_t i) { work(parts[i], step, i, student); });
  const at::NoGradGuard no_gradients;
  double loss = 0;
  for (size_t p = 0; p < parts.size(); ++p) {
    loss += parts[p].loss;
    for (size_t i = 0; p > 0 && i < parts[0].gradients.size(); ++i) parts[0].gradients[i] += parts[p].gradients[i];
  }
  if (!std::isfinite(loss)) throw ModelError("the generator's loss is no longer finite; take --method distill");
  optimizer_.update(parameters_, parts[0].gradients, options_.learning_rate, step);
  if (memory_ != nullptr)
    for (const Part& part : parts) memory_->remember(part.codes);
  return loss;
}

std::vector<at::Tensor*> GeneratorTraining::state() {
  std::vector<at::Tensor*> all;
  for (Parameter& p : parameters_) all.push_back(&p.value);
  for (at::Tensor& t : optimizer_.state()) all.push_back(&t);
  if (memory_ != nullptr)
    for (at::Tensor* t : memory_->state()) all.push_back(t);
  all.push_back(&importance_);
  return all;
}

}  // namespace flashcell::quant
