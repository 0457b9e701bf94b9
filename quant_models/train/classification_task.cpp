#include "quant_models/train/classification_task.hpp"

#include "quant_models/execute/executor.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/train/augment.hpp"

namespace flashcell::quant {
namespace {

std::vector<Picture> split_pictures(const LabelledImages& images) {
  const size_t size = images.pixels.size() / static_cast<size_t>(images.count);
  std::vector<Picture> pictures;
  for (int64_t i = 0; i < images.count; ++i) {
    const auto first = images.pixels.begin() + static_cast<ptrdiff_t>(size) * i;
    pictures.push_back({images.channels, images.rows, images.columns, {first, first + static_cast<ptrdiff_t>(size)}});
  }
  return pictures;
}

}  // namespace

ClassificationTask::ClassificationTask(ClassificationData data, const Recipe& recipe)
    : data_(std::move(data)),
      augment_(recipe.augment),
      preprocessing_(preprocessing_of(recipe)),
      channels_(recipe.channels),
      rows_(recipe.rows),
      columns_(recipe.columns) {
  for (const LabelledImages* images : {&data_.train, &data_.test}) {
    if (images->count < 1) throw ModelError("the data set holds no images to train or none to test with");
    if (images->channels != channels_)
      throw ModelError("the recipe asks for " + std::to_string(channels_) + " channels, the images have " +
                       std::to_string(images->channels));
  }
  pictures_ = split_pictures(data_.train);
  test_.resize(image_size() * static_cast<size_t>(data_.test.count));
  float* next = test_.data();
  for (const Picture& picture : split_pictures(data_.test)) {
    render(picture, plain_view(picture, rows_, columns_), rows_, columns_, true, {next, image_size()});
    prepare({next, image_size()}, preprocessing_);
    next += image_size();
  }
}

size_t ClassificationTask::image_size() const {
  return static_cast<size_t>(channels_) * static_cast<size_t>(rows_) * static_cast<size_t>(columns_);
}

Examples ClassificationTask::examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const {
  const auto count = static_cast<int64_t>(indices.size());
  Examples e{at::empty({count, channels_, rows_, columns_}), {at::empty({count}, at::kLong)}};
  float* next = e.input.data_ptr<float>();
  for (int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<size_t>(indices[static_cast<size_t>(i)]);
    Random random(seed, {static_cast<uint64_t>(epoch), index});
    const Picture& picture = pictures_[index];
    render(picture, augmented_view(picture, rows_, columns_, augment_, random), rows_, columns_, true,
           {next, image_size()});
    prepare({next, image_size()}, preprocessing_);
    next += image_size();
    e.targets[0].data_ptr<int64_t>()[i] = data_.train.labels[index];
  }
  return e;
}

at::Tensor ClassificationTask::loss(const at::Tensor& output, const Examples& examples) const {
  return at::cross_entropy_loss(output, examples.targets[0]);
}

std::vector<Figure> ClassificationTask::evaluate(const Graph& graph) const {
  const std::vector<float> scores = run_all(graph, test_, data_.test.count, 50);
  const auto correct = static_cast<double>(count_correct(scores, data_.test.labels));
  return {{"accuracy", correct / static_cast<double>(data_.test.count)},
          {"test_images", static_cast<double>(data_.test.count)}};
}

HeldOutExamples ClassificationTask::held_out(const Graph& graph) const {
  const std::vector<float> scores = run_all(graph, test_, data_.test.count, 50);
  HeldOutExamples examples;
  examples.classes = data_.classes.size();
  for (size_t i = 0; i < data_.test.labels.size(); ++i) {
    const std::span<const float> each(scores.data() + i * examples.classes, examples.classes);
    const int object = data_.test_objects.empty() ? static_cast<int>(i) : data_.test_objects[i];
    examples.add(each, data_.test.labels[i], object, score_strangeness(each));
  }
  return examples;
}

std::vector<float> ClassificationTask::calibration_images(int64_t count) const {
  count = std::min(count, train_count());
  std::vector<float> images(image_size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const Picture& picture = pictures_[static_cast<size_t>(i * train_count() / count)];
    const std::span<float> image(images.data() + image_size() * static_cast<size_t>(i), image_size());
    render(picture, plain_view(picture, rows_, columns_), rows_, columns_, true, image);
    prepare(image, preprocessing_);
  }
  return images;
}

uint64_t ClassificationTask::fingerprint() const {
  Hash hash;
  for (const LabelledImages* images : {&data_.train, &data_.test}) {
    hash.add(images->pixels);
    for (const int label : images->labels) hash.add(static_cast<uint64_t>(label));
  }
  return hash.value();
}

}  // namespace flashcell::quant
