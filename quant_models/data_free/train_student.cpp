#include "quant_models/data_free/train_student.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cmath>

#include "quant_models/data_free/kept_integers.hpp"
#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/optimizer.hpp"
#include "quant_models/train/schedule.hpp"
#include "quant_models/train/shard_threads.hpp"
#include "quant_models/train/weight_average.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kParts = 4;

class StudentTraining {
 public:
  StudentTraining(Student& student, ImageStream& images, const StudentTrainingOptions& options)
      : student_(student),
        images_(images),
        options_(options),
        optimizer_(student.network().parameters(), 0),
        average_(student.network(), options.average),
        integers_(student.network()),
        threads_(options.threads) {
    state_.fingerprint = options.fingerprint;
    if (options.checkpoint.empty()) return;
    std::optional<Checkpoint> found = load_checkpoint(options.checkpoint, options.fingerprint);
    if (!found) return;
    restore(found->tensors, tensors(), options.checkpoint);
    state_ = std::move(*found);
  }

  Graph run(std::vector<double>& losses, const Progress& progress) {
    auto saved = std::chrono::steady_clock::now();
    while (state_.step < options_.steps) {
      const double rate = learning_rate(options_.learning_rate, state_.step, options_.steps, options_.steps / 20);
      const double loss = one_step(rate);
      state_.history.push_back({loss, rate, -1});
      ++state_.step;
      if (progress) progress({"training the quantized network", state_.step, options_.steps, loss});
      const auto now = std::chrono::steady_clock::now();
      const bool due = std::chrono::duration<double>(now - saved).count() >= options_.checkpoint_seconds;
      if (!options_.checkpoint.empty() && (due || state_.step == options_.steps)) {
        state_.tensors = stored(tensors());
        save(state_, options_.checkpoint);
        saved = now;
      }
    }
    for (const EpochRecord& r : state_.history) losses.push_back(r.loss);
    return average_.trained(student_.network());
  }

 private:
  struct Part {
    double loss = 0;
    std::vector<at::Tensor> gradients;
  };

  double one_step(double rate) {
    std::vector<at::Tensor> fixed;
    for (const Parameter& p : student_.network().parameters()) fixed.push_back(p.value.detach());
    images_.prepare(state_.step, threads_, [&](const at::Tensor& images) { return student_.output(images, fixed); });
    std::vector<Part> parts(kParts);
    threads_.run(kParts, [&](size_t i) { work(parts[i], i); });
    const at::NoGradGuard no_gradients;
    double loss = 0;
    for (size_t p = 0; p < kParts; ++p) {
      loss += parts[p].loss;
      for (size_t i = 0; p > 0 && i < parts[0].gradients.size(); ++i) parts[0].gradients[i] += parts[p].gradients[i];
    }
    if (!std::isfinite(loss))
      throw ModelError("step " + std::to_string(state_.step) + ": the loss is no longer finite; lower --learning-rate");
    if (options_.keeps_integers) integers_.take_gradients(parts[0].gradients);
    optimizer_.update(student_.network().parameters(), parts[0].gradients, rate, state_.step);
    if (options_.keeps_integers) integers_.follow();
    average_.update(student_.network(), state_.step);
    return loss;
  }

  void work(Part& part, size_t index) const {
    std::vector<at::Tensor> leaves;
    for (const Parameter& p : student_.network().parameters()) leaves.push_back(p.value.detach().requires_grad_());
    const at::Tensor images = images_.images(state_.step, index, kParts);
    const at::Tensor loss = student_.loss(images, leaves) / static_cast<double>(kParts);
    part.loss = loss.item<double>();
    part.gradients = torch::autograd::grad({loss}, leaves);
  }

  std::vector<at::Tensor*> tensors() {
    std::vector<at::Tensor*> all;
    for (Parameter& p : student_.network().parameters()) all.push_back(&p.value);
    for (at::Tensor& t : optimizer_.state()) all.push_back(&t);
    for (at::Tensor& t : average_.state()) all.push_back(&t);
    for (at::Tensor* t : images_.state()) all.push_back(t);
    return all;
  }

  Student& student_;
  ImageStream& images_;
  const StudentTrainingOptions& options_;
  AdamW optimizer_;
  WeightAverage average_;
  KeptIntegers integers_;
  ShardThreads threads_;
  Checkpoint state_;
};

}  // namespace

Graph train_student(Student& student, ImageStream& images, const StudentTrainingOptions& options,
                    std::vector<double>& losses, const Progress& progress) {
  return StudentTraining(student, images, options).run(losses, progress);
}

std::vector<Tensor> stored(const std::vector<at::Tensor*>& tensors) {
  std::vector<Tensor> numbers;
  for (const at::Tensor* t : tensors) numbers.push_back(from_torch(*t));
  return numbers;
}

void restore(const std::vector<Tensor>& found, const std::vector<at::Tensor*>& tensors, const std::string& path) {
  const at::NoGradGuard no_gradients;
  bool fits = found.size() == tensors.size();
  for (size_t i = 0; fits && i < tensors.size(); ++i) {
    fits = tensors[i]->sizes() == at::IntArrayRef(found[i].shape);
    // In place: what shares the numbers sees them, too.
    if (fits) tensors[i]->copy_(to_torch(found[i]));
  }
  if (!fits) throw ModelError(path + ": belongs to another network; choose another -o, or --restart");
}

}  // namespace flashcell::quant
