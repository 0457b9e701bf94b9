#include "quant_models/export/stored_values.hpp"

#include <algorithm>
#include <numeric>

#include "quant_models/export/moved_numbers.hpp"
#include "quant_models/layers/places.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

Layout natural_layout(const Shape& shape) {
  return shape.size() == 4 && shape[0] == 1 ? Layout::image : Layout::rows;
}

/// Places that count up from 0.
bool in_order(const std::vector<int64_t>& places) {
  for (size_t i = 0; i < places.size(); ++i)
    if (places[i] != static_cast<int64_t>(i)) return false;
  return true;
}

/// The longest run of neighbours that all places consist of, and that both tensors do.
int64_t run_of(const std::vector<int64_t>& places, int64_t source_count) {
  int64_t run = std::gcd(static_cast<int64_t>(places.size()), source_count);
  for (size_t i = 0; i < places.size(); ++i) {
    const bool begins = i == 0 || (places[i] == kNowhere ? places[i - 1] != kNowhere : places[i] != places[i - 1] + 1);
    if (!begins) continue;
    run = std::gcd(run, static_cast<int64_t>(i));
    if (places[i] != kNowhere) run = std::gcd(run, places[i]);
  }
  return run;
}

/// A move's or a product's strides of up to four dimensions that are no 1; none where there are more.
struct Sides {
  std::vector<int64_t> counts, from, to;
};

Sides longer_sides(const Shape& shape, const AffinePlaces& from, const AffinePlaces& to) {
  Sides sides;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 1) continue;
    sides.counts.push_back(shape[d]);
    sides.from.push_back(from.strides[d]);
    sides.to.push_back(to.strides[d]);
  }
  while (sides.counts.size() < 4) {
    sides.counts.insert(sides.counts.begin(), 1);
    sides.from.insert(sides.from.begin(), 0);
    sides.to.insert(sides.to.begin(), 0);
  }
  return sides;
}

contract::Strides strides_from(int64_t first, const std::vector<int64_t>& s) {
  const auto narrow = [](int64_t x) { return static_cast<uint32_t>(x); };
  return {narrow(first), narrow(s[0]), narrow(s[1]), narrow(s[2]), narrow(s[3])};
}

}  // namespace

void refuse_node(const Node& node, const std::string& why) {
  throw ModelError("node '" + node.name + "' (" + describe(node.layer) + "): " + why);
}

ActivationFormat format_of(const Node& node) {
  if (!node.quantization) refuse_node(node, "its value has no quantization; quantize every value");
  const Quantization& q = *node.quantization;
  if (q.per_channel()) refuse_node(node, "its value has a scale for each channel; the engine takes one");
  if (q.kind != QuantizationKind::affine)
    refuse_node(node, "its value is stored on a logarithmic scale; the engine takes even steps");
  if (q.bits > 8 && q.zero_point[0] != 0)
    refuse_node(node, "its value has " + std::to_string(q.bits) +
                          " bits and a zero point; the engine takes zero points with up to 8 bits");
  return {contract::activation_type(q.is_signed, q.bits), q.bits, q.scale[0], q.zero_point[0]};
}

const StoredValues::Value* StoredValues::any(NodeId id) const {
  for (const Layout layout : {Layout::image, Layout::rows})
    if (const auto found = values_.find({id, layout}); found != values_.end()) return &found->second;
  return nullptr;
}

StoredValues::Value StoredValues::read(NodeId id, const Node& reader) {
  if (const Value* found = any(id)) return *found;
  const Shape& shape = graph_.node(id).shape;
  const auto moved = moved_.find(id);
  // A flattened image stays one: fully connected layers know the order.
  if (moved != moved_.end() && shape.size() == 2 && shape[0] == 1 &&
      moved->second.places == all_places(graph_.node(moved->second.source).shape))
    if (const auto image = values_.find({moved->second.source, Layout::image}); image != values_.end())
      return values_[{id, Layout::image}] = image->second;
  return read(id, natural_layout(shape), reader);
}

StoredValues::Value StoredValues::read(NodeId id, Layout layout, const Node& reader) {
  if (const auto found = values_.find({id, layout}); found != values_.end()) return found->second;
  const Node& node = graph_.node(id);
  if (!any(id) && !moved_.contains(id))
    refuse_node(reader, "reads '" + node.name + "', which is not stored as integers; quantize every value");
  if (layout == Layout::image && (node.shape.size() != 4 || node.shape[0] != 1))
    refuse_node(reader, "reads '" + node.name + "' of shape " + to_string(node.shape) + ", which is no image");
  // Kernels have selections of channels and pixels; the other ways are the CPU's.
  const bool selected = layout == Layout::image && moved_.contains(id) && select(id);
  if (!selected) values_[{id, layout}] = copy(id, layout);
  return values_.at({id, layout});
}

std::vector<int64_t> StoredValues::places_in_memory(NodeId id, const Value& source) const {
  const auto moved = moved_.find(id);
  const NodeId from = moved == moved_.end() ? id : moved->second.source;
  std::vector<int64_t> places = memory_places(graph_.node(from).shape, source.layout);
  if (moved == moved_.end()) return places;
  std::vector<int64_t> through;
  for (const int32_t place : moved->second.places)
    through.push_back(place == kNowhere ? kNowhere : places[static_cast<size_t>(place)]);
  return through;
}

StoredValues::Value StoredValues::copy(NodeId id, Layout layout) {
  const Node& node = graph_.node(id);
  const auto moved = moved_.find(id);
  const Value source = *any(any(id) != nullptr || moved == moved_.end() ? id : moved->second.source);
  const std::vector<int64_t> from =
      any(id) != nullptr ? memory_places(node.shape, source.layout) : places_in_memory(id, source);
  const std::vector<int64_t> to = memory_places(node.shape, layout);
  const Extents extents = extents_of(node.shape, layout);
  std::vector<int64_t> ordered(from.size());
  for (size_t i = 0; i < from.size(); ++i) ordered[static_cast<size_t>(to[i])] = from[i];
  const contract::TensorDescriptor t = builder_.tensor(source.tensor);
  if (in_order(ordered) && t.height == extents.height && t.width == extents.width && t.channels == extents.channels)
    return {source.tensor, source.scale, source.zero_point, layout};
  const auto all = static_cast<int64_t>(t.height) * t.width * t.channels;
  const int64_t run = run_of(ordered, all);
  const auto from_strides = affine_places(from, node.shape), to_strides = affine_places(to, node.shape);
  if (from_strides && run < extents.channels) {
    const Sides sides = longer_sides(node.shape, *from_strides, *to_strides);
    if (sides.counts.size() == 4) {
      const auto count = [&](size_t i) { return static_cast<int>(sides.counts[i]); };
      const MovePlaces places = {count(0),
                                 count(1),
                                 count(2),
                                 count(3),
                                 strides_from(from_strides->first, sides.from),
                                 strides_from(0, sides.to)};
      return {builder_.move(node.name, source.tensor, places, extents), source.scale, source.zero_point, layout};
    }
  }
  std::vector<int32_t> runs;
  for (size_t i = 0; i < ordered.size(); i += static_cast<size_t>(run))
    runs.push_back(ordered[i] == kNowhere ? -1 : static_cast<int32_t>(ordered[i] / run));
  return {builder_.gather(node.name, source.tensor, runs, static_cast<int>(run), extents), source.scale,
          source.zero_point, layout};
}

Lowering::Operand StoredValues::operand(NodeId id, const Node& reader) {
  const auto moved = moved_.find(id);
  const Value* source = any(id);
  std::vector<int64_t> places;
  if (source != nullptr) {
    places = memory_places(graph_.node(id).shape, source->layout);
  } else if (moved != moved_.end()) {
    source = any(moved->second.source);
    places = places_in_memory(id, *source);
  }
  if (source != nullptr)
    if (auto affine = affine_places(places, graph_.node(id).shape))
      return {*source, affine->first, std::move(affine->strides)};
  const Value rows = read(id, Layout::rows, reader);
  const auto affine = affine_places(memory_places(graph_.node(id).shape, Layout::rows), graph_.node(id).shape);
  return {rows, 0, affine->strides};
}

std::optional<Lowering::Chosen> StoredValues::chosen(NodeId id) const {
  const auto moved = moved_.find(id);
  if (contains(id) || moved == moved_.end()) return std::nullopt;
  const auto source = values_.find({moved->second.source, Layout::image});
  if (source == values_.end()) return std::nullopt;
  const auto channels =
      chosen_channels(moved->second.places, graph_.node(moved->second.source).shape, graph_.node(id).shape);
  return channels ? std::optional(Lowering::Chosen{source->second, *channels}) : std::nullopt;
}

void StoredValues::move(NodeId id) {
  const Node& node = graph_.node(id);
  const NodeId input = node.inputs[0];
  const Shape& from = graph_.node(input).shape;
  const auto found = moved_.find(input);
  if (found == moved_.end() && !contains(input))
    refuse_node(node, "reads '" + graph_.node(input).name + "', which is not stored as integers; quantize every value");
  // What is stored anyway needs no way back.
  Moved moved = found != moved_.end() && !contains(input) ? found->second : Moved{input, all_places(from)};
  moved.places = moved_places(node.layer, from, node.shape, moved.places);
  moved_[id] = std::move(moved);
}

std::vector<int32_t> StoredValues::places_through(NodeId first, NodeId last) const {
  if (first == last) return all_places(graph_.node(first).shape);
  const Node& node = graph_.node(last);
  return moved_places(node.layer, graph_.node(node.inputs[0]).shape, node.shape, places_through(first, node.inputs[0]));
}

/// Makes an image of chosen channels and pixels where one layer can; else in two steps, where its input can be one.
bool StoredValues::select(NodeId id) {
  if (values_.contains({id, Layout::image})) return true;
  if (select_at_once(id)) return true;
  const Node& node = graph_.node(id);
  const NodeId input = node.inputs[0];
  if (moved_.at(id).source == input || !moved_.contains(input) || !select(input)) return false;
  const Shape& from = graph_.node(input).shape;
  Moved before = moved_.at(id);
  moved_[id] = {input, moved_places(node.layer, from, node.shape, all_places(from))};
  if (select_at_once(id)) return true;
  moved_[id] = std::move(before);
  return false;
}

bool StoredValues::select_at_once(NodeId id) {
  const Node& node = graph_.node(id);
  const Moved& moved = moved_.at(id);
  const auto found = values_.find({moved.source, Layout::image});
  if (found == values_.end() || node.shape.size() != 4) return false;
  const Value source = found->second;
  const Shape& from = graph_.node(moved.source).shape;
  if (node.shape == from && moved.places == all_places(from)) {
    keep(id, source);
  } else if (const auto selection = selection_of(moved.places, from, node.shape)) {
    keep(id, {builder_.select(node.name, source.tensor, *selection), source.scale, source.zero_point, Layout::image});
  }
  return values_.contains({id, Layout::image});
}

}  // namespace flashcell::quant
