#include "quant_models/train/detection_task.hpp"

#include <cmath>

#include "quant_models/execute/executor.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/augment.hpp"
#include "quant_models/train/cell_targets.hpp"
#include "quant_models/train/detection_loss.hpp"

namespace flashcell::quant {
namespace {

std::vector<float> weigh_classes(const DetectionSet& set) {
  std::vector<float> counts(set.classes.size(), 0), weights;
  for (const MarkedPicture& p : set.pictures)
    for (const MarkedObject& o : p.objects) counts[static_cast<size_t>(o.object_class)] += 1;
  float sum = 0, weighed = 0;
  for (const float c : counts) sum += c;
  for (const float c : counts) {
    weights.push_back(c > 0 ? std::sqrt(sum / c) : 0);
    weighed += weights.back() * c;
  }
  for (float& w : weights) w = weighed > 0 ? w * sum / weighed : 0;  // an object's mean weight is 1
  return weights;
}

constexpr float kCalibratedScore = 0.2F;  // as flashcell's detect.least_score: what gets a name in a run

}  // namespace

DetectionTask::DetectionTask(DetectionData data, const Recipe& recipe)
    : data_(std::move(data)),
      augment_(recipe.augment),
      preprocessing_(preprocessing_of(recipe)),
      channels_(recipe.channels),
      rows_(recipe.rows),
      columns_(recipe.columns) {
  if (data_.train.pictures.empty() || data_.test.pictures.empty())
    throw ModelError("the data set holds no pictures to train or none to test with");
  if (data_.train.classes.empty()) throw ModelError("no object of the training pictures is marked");
  if (data_.test.classes.size() > data_.train.classes.size())
    throw ModelError("class '" + data_.test.classes.back() + "' of the test pictures is in no training picture");
  class_weights_ = weigh_classes(data_.train);
}

size_t DetectionTask::image_size() const {
  return static_cast<size_t>(channels_) * static_cast<size_t>(rows_) * static_cast<size_t>(columns_);
}

std::vector<float> DetectionTask::plain_image(const Picture& picture) const {
  std::vector<float> image(image_size());
  render(picture, plain_view(picture, rows_, columns_), rows_, columns_, false, image);
  prepare(image, preprocessing_);
  return image;
}

Examples DetectionTask::examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const {
  const auto count = static_cast<int64_t>(indices.size());
  const int cell_rows = rows_ / kCellSize, cell_columns = columns_ / kCellSize;
  const std::vector<int64_t> cells = {count, cell_rows, cell_columns};
  Examples e{at::empty({count, channels_, rows_, columns_}),
             {at::empty(cells), at::empty(cells), at::empty({count, cell_rows, cell_columns, 4}),
              at::empty(cells, at::kLong), at::zeros({1})}};
  for (int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<size_t>(indices[static_cast<size_t>(i)]);
    Random random(seed, {static_cast<uint64_t>(epoch), index});
    const MarkedPicture& marked = data_.train.pictures[index];
    const View view = augmented_view(marked.picture, rows_, columns_, augment_, random);
    const std::span<float> image(e.input.data_ptr<float>() + image_size() * static_cast<size_t>(i), image_size());
    render(marked.picture, view, rows_, columns_, false, image);
    prepare(image, preprocessing_);
    const CellTargets t =
        make_cell_targets(view_objects(marked.objects, view, rows_, columns_), cell_rows, cell_columns, class_weights_);
    const auto place = [&](const auto& numbers, auto* to) {
      std::copy(numbers.begin(), numbers.end(), to + static_cast<ptrdiff_t>(numbers.size()) * i);
    };
    place(t.heat, e.targets[0].data_ptr<float>());
    place(t.weight, e.targets[1].data_ptr<float>());
    place(t.boxes, e.targets[2].data_ptr<float>());
    place(t.classes, e.targets[3].data_ptr<int64_t>());
    e.targets[4] += t.objects;
  }
  return e;
}

at::Tensor DetectionTask::loss(const at::Tensor& output, const Examples& e) const {
  const at::Tensor &heat = e.targets[0], &weight = e.targets[1];
  const at::Tensor objectness = heat_loss(output.select(1, kObjectness), heat);
  const at::Tensor box = (box_loss(predicted_boxes(output), e.targets[2]) * weight).sum();
  const at::Tensor log_shares = at::log_softmax(output.slice(1, kFirstClass), 1);
  const at::Tensor object_class = -(log_shares.gather(1, e.targets[3].unsqueeze(1)).squeeze(1) * weight).sum();
  return (objectness + 2 * box + object_class) / e.targets[4].clamp_min(1).squeeze();
}

void DetectionTask::look_at_test_pictures(const Graph& graph, const DecodeOptions& options, const Look& look) const {
  const Graph single = with_batch(graph, 1);
  Executor executor(single);
  for (const MarkedPicture& marked : data_.test.pictures) {
    const std::vector<float> image = plain_image(marked.picture);
    std::copy(image.begin(), image.end(), executor.input(0).begin());
    executor.run();
    DetectedPicture detected{marked.objects, decode_cells(executor.output(0), static_cast<int>(classes().size()),
                                                          rows_ / kCellSize, columns_ / kCellSize, options)};
    const float x = static_cast<float>(marked.picture.columns) / static_cast<float>(columns_);
    const float y = static_cast<float>(marked.picture.rows) / static_cast<float>(rows_);
    for (Detection& d : detected.detections) d.box = {d.box.left * x, d.box.top * y, d.box.right * x, d.box.bottom * y};
    look(detected, executor.output(0));
  }
}

std::vector<Figure> DetectionTask::evaluate(const Graph& graph) const {
  std::vector<DetectedPicture> pictures;
  look_at_test_pictures(graph, {},
                        [&](const DetectedPicture& picture, std::span<const float>) { pictures.push_back(picture); });
  const AveragePrecision result = average_precision(pictures, static_cast<int>(classes().size()));
  std::vector<Figure> figures = {{"map50", result.mean}};
  for (size_t c = 0; c < classes().size(); ++c) figures.push_back({"ap50_" + classes()[c], result.by_class[c]});
  figures.push_back({"test_images", static_cast<double>(pictures.size())});
  return figures;
}

HeldOutExamples DetectionTask::held_out(const Graph& graph) const {
  HeldOutExamples examples;
  examples.classes = classes().size();
  const size_t cells = static_cast<size_t>(rows_ / kCellSize) * static_cast<size_t>(columns_ / kCellSize);
  std::vector<float> scores(examples.classes);
  DecodeOptions options;
  options.least_score = kCalibratedScore;
  options.across_classes = true;  // an object is of one class
  look_at_test_pictures(graph, options, [&](const DetectedPicture& picture, std::span<const float> prediction) {
    for (const auto& [object, detection] : matches(picture)) {
      for (size_t c = 0; c < scores.size(); ++c)
        scores[c] = prediction[(static_cast<size_t>(kFirstClass) + c) * cells + static_cast<size_t>(detection->cell)];
      examples.add(scores, object->object_class, static_cast<int>(examples.size()), score_strangeness(scores));
    }
  });
  return examples;
}

std::vector<float> DetectionTask::calibration_images(int64_t count) const {
  count = std::min(count, train_count());
  std::vector<float> images;
  for (int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<size_t>(i * train_count() / count);
    const std::vector<float> image = plain_image(data_.train.pictures[index].picture);
    images.insert(images.end(), image.begin(), image.end());
  }
  return images;
}

uint64_t DetectionTask::fingerprint() const {
  Hash hash;
  for (const DetectionSet* set : {&data_.train, &data_.test}) {
    for (const MarkedPicture& p : set->pictures) {
      hash.add(p.name).add(p.picture.pixels);
      for (const MarkedObject& o : p.objects) {
        for (const float side : {o.box.left, o.box.top, o.box.right, o.box.bottom})
          hash.add(static_cast<uint64_t>(std::llround(static_cast<double>(side) * 1024)));
        hash.add(static_cast<uint64_t>(o.object_class));
      }
    }
  }
  return hash.value();
}

}  // namespace flashcell::quant
