#include "quant_models/fusion/fusion_set.hpp"

#include <algorithm>

#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

void check_example(const FusionSet& set, const FusionExample& example, const std::string& name) {
  if (example.rgb.size() != set.rgb_size() || example.events.size() != set.events_size())
    throw ModelError(name + ": frame and events are not of the set's size");
  for (const MarkedObject& object : example.objects) {
    const Box& b = object.box;
    if (object.object_class < 0 || object.object_class >= static_cast<int>(set.classes.size()))
      throw ModelError(name + ": has an object of class " + std::to_string(object.object_class) + " of " +
                       std::to_string(set.classes.size()));
    if (!(b.width() > 0) || !(b.height() > 0)) throw ModelError(name + ": has an empty box");
  }
}

template <class Number>
void write_planes(std::span<const Number> from, int columns, float factor, bool mirrored, float* to) {
  const auto width = static_cast<size_t>(columns);
  for (size_t i = 0; i < from.size(); ++i) {
    const size_t column = i % width;
    to[mirrored ? i - column + width - 1 - column : i] = static_cast<float>(from[i]) * factor;
  }
}

}  // namespace

size_t view_size(const FusionSet& set, const FusionView& view) {
  return (view.rgb ? set.rgb_size() : 0) + (view.events ? set.events_size() : 0);
}

void write_view(const FusionSet& set, const FusionExample& example, const FusionView& view, bool rgb_off, bool mirrored,
                std::span<float> to) {
  if (view.rgb) {
    write_planes(std::span<const uint8_t>(example.rgb), set.columns, rgb_off ? 0 : 1 / 255.F, mirrored, to.data());
    to = to.subspan(set.rgb_size());
  }
  if (view.events) write_planes(std::span<const float>(example.events), set.columns, 1, mirrored, to.data());
}

std::vector<float> calibration_examples(const FusionSet& set, const FusionView& view, int64_t count) {
  const size_t each = view_size(set, view), all = set.train.size();
  const size_t wanted = std::min(all, static_cast<size_t>(count));
  std::vector<float> numbers(each * wanted);
  for (size_t i = 0; i < wanted; ++i)
    write_view(set, set.train[i * all / wanted], view, false, false, std::span(numbers).subspan(i * each, each));
  return numbers;
}

uint64_t fingerprint(const FusionSet& set) {
  Hash hash;
  for (const std::string& name : set.classes) hash.add(name);
  for (const auto* part : {&set.train, &set.test})
    for (const FusionExample& example : *part) {
      hash.add(example.rgb).add(static_cast<uint64_t>(example.night));
      hash.add(
          std::span(reinterpret_cast<const uint8_t*>(example.events.data()), example.events.size() * sizeof(float)));
      for (const MarkedObject& o : example.objects) {
        hash.add(static_cast<uint64_t>(o.object_class));
        hash.add(std::span(reinterpret_cast<const uint8_t*>(&o.box), sizeof o.box));
      }
    }
  return hash.value();
}

void check(const FusionSet& set) {
  if (set.train.empty() || set.test.empty()) throw ModelError("the scenes hold nothing to learn by, or to test with");
  if (set.classes.empty()) throw ModelError("the scenes name no class");
  for (size_t i = 0; i < set.train.size(); ++i) check_example(set, set.train[i], "example " + std::to_string(i));
  for (size_t i = 0; i < set.test.size(); ++i) check_example(set, set.test[i], "test example " + std::to_string(i));
}

}  // namespace flashcell::quant
