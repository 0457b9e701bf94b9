#include "quant_models/synthesize/attention_images.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "quant_models/synthesize/attention_prior.hpp"
#include "quant_models/synthesize/attention_student.hpp"
#include "quant_models/synthesize/attention_view.hpp"
#include "quant_models/synthesize/distill.hpp"
#include "quant_models/synthesize/image_descent.hpp"
#include "quant_models/synthesize/image_snapshot.hpp"
#include "quant_models/synthesize/low_pass.hpp"
#include "quant_models/synthesize/patch_similarity.hpp"
#include "quant_models/train/shard_threads.hpp"

namespace flashcell::quant {
namespace {

using Options = AttentionImageOptions;

/// What a batch of images is to be.
class Aim {
 public:
  virtual ~Aim() = default;
  virtual at::Tensor loss(const at::Tensor& images) = 0;
  /// After a step, with the images as they are.
  virtual void learn(const at::Tensor&) {}
};

at::Tensor entropy(const AttentionPass& pass, int64_t others, bool closed_form) {
  at::Tensor sum = at::zeros({}, at::kFloat);
  for (const AttentionValues& each : pass.attentions) {
    const at::Tensor similarity = patch_similarity(each.output, others);
    sum = sum + (closed_form ? gaussian_entropy(similarity) : density_entropy(similarity));
  }
  return sum;
}

// Total variation in the measure of publications, whose batches were 32 pictures of 3 x 224 x 224: norms grow as the
// root of the numbers.
at::Tensor published_variation(const at::Tensor& images) {
  return std::sqrt(32.0 * 3 * 224 * 224 / static_cast<double>(images.numel())) * total_variation(images);
}

class PsaqAim : public Aim {
 public:
  PsaqAim(const AttentionView& view, const Options& options, at::Tensor labels, Random& random)
      : view_(view), options_(options), labels_(std::move(labels)), random_(random) {}

  at::Tensor loss(const at::Tensor& images) override {
    const AttentionPass pass = view_.look(images);
    at::Tensor sum = -options_.entropy_weight * entropy(pass, view_.others(), options_.closed_form);
    if (labels_.numel() > 0) sum = sum + options_.class_weight * at::cross_entropy_loss(pass.output, labels_);
    const double wanted = random_.uniform(2500, 3000);
    return sum + options_.variation_weight * (published_variation(images) - wanted).abs() + more(images, pass);
  }

 protected:
  virtual at::Tensor more(const at::Tensor&, const AttentionPass&) { return at::zeros({}, at::kFloat); }

  const AttentionView& view_;
  const Options& options_;
  at::Tensor labels_;  // none: no class is asked for
  Random& random_;
};

class PsaqV2Aim : public PsaqAim {
 public:
  PsaqV2Aim(const AttentionView& view, const Teacher& teacher, const Options& options, Random& random)
      : PsaqAim(view, options, at::empty({0}, at::kLong), random), student_(teacher, options.student_bits) {}

  void learn(const at::Tensor& images) override { student_.learn(images); }

 protected:
  at::Tensor more(const at::Tensor& images, const AttentionPass& pass) override {
    return -options_.disagreement_weight * student_.disagreement(images, pass.output);
  }

 private:
  AttentionStudent student_;
};

/// Boxes of pictures, rows and columns [top, bottom) x [left, right), and what they are to be.
struct Box {
  int64_t top = 0, bottom = 0, left = 0, right = 0;
  at::Tensor label;  // 1 x classes
};

class SardfqAim : public Aim {
 public:
  SardfqAim(const AttentionView& view, const Options& options, const Shape& shape, const at::Tensor& labels,
            int64_t classes, Random& random)
      : view_(view), options_(options), random_(random) {
    const int64_t count = labels.numel();
    if (view.rows() > 0) priors_ = draw_attention_priors(count, view.rows(), view.columns(), random);
    if (classes == 0) return;
    labels_ = draw_soft_labels(labels, classes, random);
    for (int64_t i = 0; i < count; ++i) boxes_.push_back(draw_boxes(shape, classes));
  }

  at::Tensor loss(const at::Tensor& images) override {
    const AttentionPass pass = view_.look(images);
    at::Tensor sum = options_.variation_weight * published_variation(images);
    if (priors_.defined()) sum = sum + options_.prior_weight * prior_loss(pass);
    if (boxes_.empty()) return sum;
    sum = sum + options_.class_weight * soft_cross_entropy(pass.output, labels_);
    std::vector<at::Tensor> parts, labels;
    for (size_t i = 0; i < boxes_.size(); ++i) {
      const Box& box = boxes_[i][random_.below(boxes_[i].size())];
      const at::Tensor part = images.slice(0, static_cast<int64_t>(i), static_cast<int64_t>(i) + 1)
                                  .slice(2, box.top, box.bottom)
                                  .slice(3, box.left, box.right);
      parts.push_back(at::upsample_bilinear2d(part, {images.size(2), images.size(3)}, false));
      labels.push_back(box.label);
    }
    return sum + options_.class_weight * soft_cross_entropy(view_.look(at::cat(parts)).output, at::cat(labels));
  }

 private:
  static constexpr int kMostBoxes = 4;

  static at::Tensor soft_cross_entropy(const at::Tensor& output, const at::Tensor& labels) {
    return -(labels * output.log_softmax(1)).sum(1).mean();
  }

  at::Tensor prior_loss(const AttentionPass& pass) const {
    const size_t layers = pass.attentions.size();
    at::Tensor sum = at::zeros({}, at::kFloat);
    for (size_t l = layers / 2; l < layers; ++l) {
      const double weight = static_cast<double>(l + 1) / static_cast<double>(layers);
      sum = sum + weight * attention_prior_loss(pass.attentions[l].weights, view_.others(), priors_);
    }
    return sum;
  }

  // From a third of the side on.
  std::vector<Box> draw_boxes(const Shape& shape, int64_t classes) {
    std::vector<Box> boxes(1 + random_.below(kMostBoxes));
    const auto range = [&](int64_t side) {
      const int64_t least = std::max<int64_t>(side / 3, 1);
      const int64_t length = least + static_cast<int64_t>(random_.below(static_cast<uint64_t>(side - least + 1)));
      const auto first = static_cast<int64_t>(random_.below(static_cast<uint64_t>(side - length + 1)));
      return std::pair(first, first + length);
    };
    for (Box& box : boxes) {
      std::tie(box.top, box.bottom) = range(shape[2]);
      std::tie(box.left, box.right) = range(shape[3]);
      const auto label = static_cast<int64_t>(random_.below(static_cast<uint64_t>(classes)));
      box.label = draw_soft_labels(at::full({1}, label, at::kLong), classes, random_);
    }
    return boxes;
  }

  const AttentionView& view_;
  const Options& options_;
  Random& random_;
  at::Tensor priors_, labels_;
  std::vector<std::vector<Box>> boxes_;  // by picture
};

at::Tensor to_tensor(const std::vector<int>& labels, int64_t first, int64_t last) {
  at::Tensor tensor = at::zeros({last - first}, at::kLong);
  if (!labels.empty()) std::copy(labels.begin() + first, labels.begin() + last, tensor.data_ptr<int64_t>());
  return tensor;
}

std::unique_ptr<Aim> make_aim(const AttentionView& view, const Teacher& teacher, const Options& options,
                              const at::Tensor& labels, Random& random) {
  const bool classes = teacher.classes() > 0;
  if (options.method == AttentionMethod::psaq_v2) return std::make_unique<PsaqV2Aim>(view, teacher, options, random);
  if (options.method == AttentionMethod::sardfq)
    return std::make_unique<SardfqAim>(view, options, teacher.input_shape(), labels, teacher.classes(), random);
  return std::make_unique<PsaqAim>(view, options, classes ? labels : at::empty({0}, at::kLong), random);
}

}  // namespace

AttentionImages::AttentionImages(InputRange range, const Options& options)
    : range_(std::move(range)), options_(options) {
  if (options.steps < 1 || options.batch < 1 || !(options.learning_rate > 0) || options.threads < 1 ||
      options.student_bits < 2 || options.student_bits > 8)
    throw std::invalid_argument("AttentionImages: an option is out of range");
}

DrawnImages AttentionImages::draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const {
  if (count < 1) throw std::invalid_argument("draw: no images are asked for");
  const Teacher teacher(graph);
  const AttentionView view(teacher, "this method");
  const ImagePlanes planes(range_);
  const Shape& shape = teacher.input_shape();
  std::optional<Octaves> octaves;
  if (options_.low_pass) octaves.emplace(shape[2], shape[3], published_cutoff(shape[2], shape[3]), 1);
  DrawnImages drawn{count, {}, {}, std::vector<double>(static_cast<size_t>(options_.steps))};
  const std::vector<int> labels = drawn_classes(count, teacher.classes(), seed);
  if (options_.method != AttentionMethod::psaq_v2) drawn.labels = labels;
  const auto size = static_cast<size_t>(element_count(teacher.input_shape()));
  drawn.values.resize(static_cast<size_t>(count) * size);
  const int64_t batches = (count + options_.batch - 1) / options_.batch;
  std::vector<std::vector<double>> losses(static_cast<size_t>(batches));
  std::mutex mutex;
  int64_t done = 0;
  ShardThreads(options_.threads).run(static_cast<size_t>(batches), [&](size_t b) {
    const int64_t first = static_cast<int64_t>(b) * options_.batch, last = std::min(first + options_.batch, count);
    ImageDescent descent(planes, octaves ? &*octaves : nullptr, shape, last - first,
                         {.steps = options_.steps, .learning_rate = options_.learning_rate},
                         Random(seed, {static_cast<uint64_t>(first)}));
    const std::unique_ptr<Aim> aim =
        make_aim(view, teacher, options_, to_tensor(labels, first, last), descent.random());
    for (int step = 0; step < options_.steps; ++step) {
      if (b == 0 && is_snapshot_step(step, options_.steps))
        drawn.history.push_back(snapshot_of(step, descent.images()));
      losses[b].push_back(descent.step([&](const at::Tensor& images) { return aim->loss(images); }));
      aim->learn(descent.images());
      const std::lock_guard lock(mutex);
      if (progress) progress({"drawing pictures", ++done, batches * options_.steps, losses[b].back()});
    }
    const at::Tensor images = descent.images();
    std::copy_n(images.data_ptr<float>(), static_cast<size_t>(last - first) * size,
                drawn.values.data() + static_cast<size_t>(first) * size);
  });
  for (const std::vector<double>& each : losses)
    for (size_t i = 0; i < each.size(); ++i) drawn.losses[i] += each[i] / static_cast<double>(batches);
  return drawn;
}

}  // namespace flashcell::quant
