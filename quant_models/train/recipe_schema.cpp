#include "quant_models/train/recipe_schema.hpp"

#include <bit>

#include "quant_models/hash.hpp"

namespace flashcell::quant {
namespace {

using schema::integer;
using schema::Visitor;

constexpr NamedValue<TaskKind> kTaskNames[] = {{TaskKind::classify, "classify"}, {TaskKind::detect, "detect"}};

template <class Value>
void unless_stated(Value& value, const Value& otherwise) {
  if (value == Value{}) value = otherwise;
}

void visit_network(Recipe& r, Visitor& v) {
  v.section("", "");
  schema::choice(v, "task", r.task, kTaskNames, "classify: names pictures. detect: finds and names objects.");
  const bool detects = r.task == TaskKind::detect;
  integer(v, "seed", r.seed, 0, INT64_MAX, "Of everything that is drawn at random.");
  unless_stated(r.model, std::string(detects ? "cell_detector" : "roi_classifier"));
  v.text("model", r.model, "roi_classifier, cell_detector, or an ONNX file to go on from.");
  integer(v, "channels", r.channels, 1, 3, "Of the network's input: 1 (grey) or 3 (colour).");
  unless_stated(r.rows, detects ? 512 : 28);
  integer(v, "rows", r.rows, 1, 4096, "Of the network's input, px.");
  unless_stated(r.columns, detects ? 512 : 28);
  integer(v, "columns", r.columns, 1, 4096, "Of the network's input, px.");
  v.numbers("mean", r.mean, static_cast<size_t>(r.channels), 1, "Taken off pixels / 255, one number a channel.");
  v.numbers("std", r.deviation, static_cast<size_t>(r.channels), 1, "What they are divided by then.");
  integer(v, "evaluate_every", r.evaluate_every, 1, 100000, "Epochs from one test to the next; the last one always.");
}

void visit_data(DataOptions& d, Visitor& v) {
  v.section("data", "Where examples come from.");
  v.choice("format", d.format, {"mnist", "cifar10", "digits", "class_folders", "voc", "coco", "scene"},
           "What lies in the path.");
  v.text("path", d.path, "Folder, archive or file; relative to the current folder.");
  v.text("train", d.train, "Name of the part to train with, as the format has it.");
  v.text("test", d.test, "Name of the part to test with.");
}

void visit_augment(AugmentOptions& a, Visitor& v) {
  v.section("augment", "Random changes of the training images, drawn anew for every image and epoch.");
  v.real("shift", a.shift, 0, 1000, "Pixels of the network's input, up to this much either way.");
  v.real("rotate", a.rotate, 0, 180, "Degrees, either way; classification only.");
  v.real("scale", a.scale, 0, 4, "0.2: by a factor of 1/1.2 to 1.2.");
  v.real("stretch", a.stretch, 0, 4, "The same for rows and columns apart.");
  v.real("brightness", a.brightness, 0, 1, "Share of white added or taken away.");
  v.real("contrast", a.contrast, 0, 4, "0.2: by a factor of 1/1.2 to 1.2 around middle grey.");
  v.boolean("mirror_columns", a.mirror_columns, "In half of the cases.");
  v.boolean("mirror_rows", a.mirror_rows, "In half of the cases.");
  v.boolean("transpose", a.transpose, "In half of the cases.");
}

void visit_stage(StageOptions& s, Visitor& v) {
  integer(v, "epochs", s.epochs, 1, 100000, "Passes over the data.");
  v.integer("batch", s.batch, 1, 65536, "Images in one step.");
  v.real("learning_rate", s.learning_rate, 0, 10, "The highest; falls along a half cosine.");
  v.real("warmup_epochs", s.warmup_epochs, 0, 100000, "Rises in a straight line for so long before that.");
  v.real("weight_decay", s.weight_decay, 0, 10, "Decoupled from the gradient.");
  v.real("average", s.average, 0, 0.99999,
         "The result is a mean over steps that keeps so much of itself each step; 0: none.");
}

void visit_quantized_stage(StageOptions& s, Visitor& v) {
  visit_stage(s, v);
  integer(v, "weights", s.weight_bits, 2, 8, "Bits of weights.");
  integer(v, "activations", s.activation_bits, 2, 8, "Bits of activations.");
  unless_stated(s.edge_weight_bits, s.weight_bits);
  integer(v, "edge_weights", s.edge_weight_bits, 2, 8, "Bits of the first and last layer's weights.");
  v.real("teacher", s.teacher, 0, 1, "Share of the loss that is how far answers are from [train]'s network.");
  v.text("arrays", s.arrays,
         "Compute-in-memory device whose cells' errors weights learn to bear: PRESET[,key=value...]. Empty: none.");
  v.boolean("converters", s.converters, "Training computes with the converters behind the columns of `arrays`, too.");
  const std::string weights = std::to_string(s.weight_bits), activations = std::to_string(s.activation_bits);
  unless_stated(s.name, std::string("w").append(weights).append("a").append(activations));
  v.text("name", s.name, "Of the files that are written.");
}

// What a [[quantize]] table leaves out is as in [train], but for the end of training.
StageOptions quantized_defaults(const StageOptions& trained) {
  StageOptions stage = trained;
  stage.name.clear();
  stage.learning_rate = 1e-4;
  stage.warmup_epochs = 0;
  stage.weight_decay = 0;
  stage.weight_bits = stage.activation_bits = 8;
  return stage;
}

std::string fault_of(const StageOptions& s) {
  const bool usable = !s.name.empty() && s.name.find_first_of("/\\") == std::string::npos;
  return usable ? "" : "needs a name that can be part of a file's name";
}

/// Adds all that it is shown to a hash, each under its key.
class Hasher : public Visitor {
 public:
  uint64_t value() const { return hash_.value(); }

  void section(const char* name, const char*) override { hash_.add(std::string_view(name)); }
  void boolean(const char* key, bool& value, const char*) override { add(key).add(uint64_t{value}); }
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char*) override {
    add(key).add(static_cast<uint64_t>(value));
  }
  void real(const char* key, double& value, double, double, const char*) override {
    add(key).add(std::bit_cast<uint64_t>(value));
  }
  void text(const char* key, std::string& value, const char*) override { add(key).add(std::string_view(value)); }
  void choice(const char* key, std::string& value, const std::vector<std::string>&, const char*) override {
    add(key).add(std::string_view(value));
  }
  void range(const char* key, int& low, int& high, int, int, bool, const char*) override {
    add(key).add(static_cast<uint64_t>(low)).add(static_cast<uint64_t>(high));
  }
  void points(const char* key, std::vector<std::array<double, 2>>& value, double, const char*) override {
    add(key).add(uint64_t{value.size()});
    for (const auto& [x, y] : value) hash_.add(std::bit_cast<uint64_t>(x)).add(std::bit_cast<uint64_t>(y));
  }
  void numbers(const char* key, std::vector<double>& value, size_t, double, const char*) override {
    add(key).add(uint64_t{value.size()});
    for (const double number : value) hash_.add(std::bit_cast<uint64_t>(number));
  }
  void tables(const char* key, schema::Tables& value, const char*) override {
    add(key).add(uint64_t{value.size()});
    for (size_t i = 0; i < value.size(); ++i) value.visit(i, *this);
  }

 private:
  Hash& add(const char* key) { return hash_.add(std::string_view(key)); }

  Hash hash_;
};

}  // namespace

void visit_recipe(Recipe& r, Visitor& v) {
  visit_network(r, v);
  visit_data(r.data, v);
  visit_augment(r.augment, v);
  v.section("train", "The first stage, in floating point.");
  visit_stage(r.stages.at(0), v);
  v.section("", "");
  std::vector<StageOptions> quantized(r.stages.begin() + 1, r.stages.end());
  schema::TableList<StageOptions> list(quantized,
                                       {visit_quantized_stage, fault_of, SIZE_MAX, quantized_defaults(r.stages[0])});
  v.tables("quantize", list, "Stages that train on with quantized numbers, each from the first one's result.");
  r.stages.resize(1);
  r.stages.insert(r.stages.end(), quantized.begin(), quantized.end());
}

uint64_t fingerprint(const Recipe& recipe, const StageOptions& stage) {
  Recipe shown = recipe;
  StageOptions own = stage;
  Hasher hasher;
  visit_network(shown, hasher);
  visit_augment(shown.augment, hasher);
  hasher.section("stage", "");
  hasher.text("name", own.name, "");
  own.weight_bits > 0 ? visit_quantized_stage(own, hasher) : visit_stage(own, hasher);
  return hasher.value();
}

}  // namespace flashcell::quant
