#include "quant_models/fusion/rem_cim_experiment.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "quant_models/fusion/fusion_task.hpp"
#include "quant_models/fusion/module_cost.hpp"
#include "quant_models/fusion/paired_resampling.hpp"
#include "quant_models/fusion/shared_arrays.hpp"
#include "quant_models/graph/shared_weights.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/quantize/low_bit_clipping.hpp"
#include "quant_models/train/trainer.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kCalibrationExamples = 64;
constexpr int kManyBits = 8, kFewBits = 6;
constexpr int kResamples = 400;
constexpr size_t kShownOfEach = 2;  // scenes by day, and by night

/// One line of the table.
struct System {
  const char* name;
  const char* file;
  Fusion fusion;
  bool few_bits;
};

constexpr System kSystems[] = {{"FPN", "fpn", Fusion::concat, false},
                               {"A-FPN", "a-fpn", Fusion::attention, false},
                               {"MEA-FPN", "mea-fpn", Fusion::light, false},
                               {"REM-CiM", "rem-cim", Fusion::light, true},
                               {"frames alone", "rgb", Fusion::rgb_only, false},
                               {"events alone", "events", Fusion::event_only, false}};

struct Expected {
  const char *greater, *smaller;
  bool night;
};

constexpr Expected kExpected[] = {{"A-FPN", "MEA-FPN", false},   {"MEA-FPN", "REM-CiM", false},
                                  {"REM-CiM", "FPN", false},     {"MEA-FPN", "frames alone", true},
                                  {"FPN", "frames alone", true}, {"MEA-FPN", "events alone", false}};

double mean_weight_bits(const Graph& graph) {
  double bits = 0, weights = 0;
  for (const NodeId id : graph.order()) {
    Layer layer = graph.node(id).layer;
    const Tensor* weight = weight_of(layer);
    if (weight == nullptr || weight_owner(graph, id) != id) continue;
    const std::optional<Quantization>* q = weight_quantization_of(layer);
    const auto count = static_cast<double>(weight->values.size());
    weights += count;
    bits += count * (q != nullptr && *q ? (*q)->bits : 32);
  }
  return bits / weights;
}

void add(MeanPrecision& sum, const MeanPrecision& one, double share) {
  sum.at_half += share * one.at_half;
  sum.coco += share * one.coco;
}

std::vector<DetectedPicture> of_light(const std::vector<DetectedPicture>& pictures, const FusionSet& set, bool night) {
  std::vector<DetectedPicture> some;
  for (size_t i = 0; i < pictures.size(); ++i)
    if (!night || set.test[i].night) some.push_back(pictures[i]);
  return some;
}

class Experiment {
 public:
  Experiment(const RemCimOptions& options, const FusionSet& set, const RemCimListener& listener)
      : o_(options), set_(set), listener_(listener) {
    check(set_);
    if (o_.times.empty() || o_.chips < 1) throw std::invalid_argument("rem-cim: needs a time and a chip");
    std::error_code error;
    std::filesystem::create_directories(o_.output, error);
    if (error) throw ModelError(o_.output + ": cannot make the folder: " + error.message());
    for (const System& system : kSystems) work_ += training_work(system);
    judging_ = o_.plan.training > 0 ? work_ * o_.plan.judging / o_.plan.training : 0;
    work_ += judging_;
  }

  RemCimResult run() {
    RemCimResult result;
    result.device = o_.device.name;
    result.device_source = o_.device.source;
    result.size = size_of(Fusion::concat);
    result.classes = set_.classes;
    result.train = static_cast<int64_t>(set_.train.size());
    result.test = static_cast<int64_t>(set_.test.size());
    result.epochs = o_.plan.epochs;
    result.tuning_epochs = o_.plan.tuning_epochs;
    result.chips = o_.chips;
    result.seed = o_.seed;
    result.bits_budget = o_.bits_budget;
    for (const System& system : kSystems) add_system(system, result);
    const SystemResult one = find(result, "MEA-FPN");
    for (SystemResult& each : result.systems) {
      each.area /= one.area;
      each.energy /= one.energy;
    }
    for (const Expected& order : kExpected) result.orders.push_back(judge(order, result));
    show(result);
    return result;
  }

 private:
  FusionDetectorOptions size_of(Fusion fusion) const {
    FusionDetectorOptions size = o_.size;
    size.fusion = fusion;
    size.rows = set_.rows;
    size.columns = set_.columns;
    size.event_channels = set_.event_bins;
    size.classes = static_cast<int>(set_.classes.size());
    size.anchors = static_cast<int>(o_.anchors.ratios.size());
    return size;
  }

  FusionRun run_of(Fusion fusion) const {
    FusionRun run;
    run.view = {fusion != Fusion::event_only, fusion != Fusion::rgb_only};
    run.anchors = o_.anchors;
    run.threads = o_.threads;
    return run;
  }

  double training_work(const System& system) const {
    FusionDetectorOptions size = size_of(system.fusion);
    size.seed.reset();
    return seconds_forward(make_fusion_detector(size)) * (system.few_bits ? 2 * o_.plan.tuning_epochs : o_.plan.epochs);
  }

  void tell(const std::string& what, double more, double loss = -1) const {
    if (listener_) listener_({what, std::min(1.0, (done_ + more) / work_), loss});
  }

  /// Work that judging takes is shared by the systems.
  void judged(const std::string& name, double share) {
    done_ += share * judging_ / static_cast<double>(std::size(kSystems));
    tell(name + ": judged", 0);
  }

  const SystemResult& find(const RemCimResult& result, const std::string& name) const {
    return *std::find_if(result.systems.begin(), result.systems.end(),
                         [&](const SystemResult& each) { return each.name == name; });
  }

  std::string file(const System& system, const char* ending) const {
    return (std::filesystem::path(o_.output) / (std::string(system.file) + ending)).string();
  }

  Graph learn(const System& system, const Graph& start, SystemResult& result) {
    const FusionTask task(set_, run_of(system.fusion));
    StageOptions stage;
    stage.name = system.file;
    stage.batch = o_.batch;
    stage.epochs = system.few_bits ? o_.plan.tuning_epochs : o_.plan.epochs;
    stage.learning_rate = system.few_bits ? o_.tuning_rate : o_.learning_rate;
    stage.warmup_epochs = system.few_bits ? 0 : std::min(1.0, 0.1 * stage.epochs);
    stage.weight_decay = 1e-4;
    TrainerOptions trainer;
    trainer.seed = o_.seed;
    trainer.threads = o_.threads;
    trainer.evaluate_every = stage.epochs + 1;  // judged here, and in more than one way
    trainer.checkpoint = file(system, ".checkpoint");
    trainer.checkpoint_seconds = o_.checkpoint_seconds;
    trainer.fingerprint = fingerprint_of(stage, start);
    const double work = training_work(system);
    const Training training = train(start, task, stage, trainer, [&](const TrainingProgress& p) {
      tell(std::string(system.name) + " learns", work * static_cast<double>(p.step) / static_cast<double>(p.steps),
           p.loss);
    });
    done_ += work;
    result.first_loss = training.history.front().loss;
    result.last_loss = training.history.back().loss;
    return training.graph;
  }

  static uint64_t fingerprint_of(const StageOptions& stage, const Graph& start) {
    Hash hash;
    hash.add(static_cast<uint64_t>(stage.epochs)).add(static_cast<uint64_t>(stage.batch));
    for (const double number : {stage.learning_rate, stage.warmup_epochs, stage.weight_decay})
      hash.add(std::span(reinterpret_cast<const uint8_t*>(&number), sizeof number));
    for (const NodeId id : start.order()) {
      hash.add(start.node(id).name);
      const Tensor* weight = weight_of(start.node(id).layer);
      if (weight != nullptr)
        hash.add(
            std::span(reinterpret_cast<const uint8_t*>(weight->values.data()), weight->values.size() * sizeof(float)));
    }
    return hash.value();
  }

  Graph quantize(const Graph& graph, const FusionView& view, const std::map<std::string, int>& bits, int others) const {
    const auto count = std::min<int64_t>(kCalibrationExamples, static_cast<int64_t>(set_.train.size()));
    LowBitClippingOptions options;
    options.module_weight_bits = bits;
    options.weight_bits = kManyBits;
    options.activation_bits = options.converter_bits = others;
    return quantize_low_bit(graph, calibration_examples(set_, view, count), count, options);
  }

  FusionAccuracy judge_real(const Graph& graph, const FusionRun& run) const {
    return accuracy_of(detect_all(graph, set_, run), set_);
  }

  void add_system(const System& system, RemCimResult& result) {
    SystemResult each;
    each.name = system.name;
    FusionRun run = run_of(system.fusion);
    Graph quantized;
    if (system.few_bits) {
      each.converter_bits = kFewBits;
      each.real = find(result, "MEA-FPN").real;
      choose_bits(result);
      quantized = share_converters(quantize(light_, run.view, result.bits.chosen, kFewBits));
      result.few_bits_untrained = judge_real(quantized, run);
      quantized = share_converters(learn(system, quantized, each));
      export_onnx(quantized, file(system, ".onnx"));
    } else {
      // Normalizations stay layers of their own: they are digital, behind the columns' converters.
      const Graph real = simplify(learn(system, make_fusion_detector(size_of(system.fusion)), each),
                                  {.keep_batch_normalization = true});
      export_onnx(real, file(system, ".onnx"));
      if (system.fusion == Fusion::light) light_ = real;
      each.real = judge_real(real, run);
      quantized = share_converters(quantize(real, run.view, {}, kManyBits));
    }
    judged(each.name, 0.2);
    each.quantized = judge_real(quantized, run);
    each.weight_bits = mean_weight_bits(quantized);
    judge_arrays(quantized, run, each);
    FusionDetectorOptions size = size_of(system.fusion);
    size.seed.reset();
    const ConverterTotals cost = converter_totals(module_costs(make_fusion_detector(size)), each.converter_bits);
    each.cells = cost.cells;
    each.area = cost.area;
    each.energy = cost.energy;
    result.systems.push_back(std::move(each));
  }

  /// By what the loss of each module's bits does to the mAP of examples that were learned by: none of those to test
  /// with has a say.
  void choose_bits(RemCimResult& result) {
    FusionSet some{set_.classes, set_.rows, set_.columns, set_.event_bins, {}, {}};
    const size_t all = set_.train.size(), count = std::min(kMostChoosing, std::min(set_.test.size(), all));
    for (size_t i = 0; i < count; ++i) some.test.push_back(set_.train[i * all / count]);
    const FusionRun run = run_of(Fusion::light);
    ModuleBitsOptions options;
    options.budget = o_.bits_budget;
    result.bits = choose_module_bits(light_, options, [&](const Graph& graph) {
      tell("bits of modules", 0);
      return 1 - accuracy_of(detect_all(graph, some, run), some).all.at_half;
    });
  }

  void judge_arrays(const Graph& quantized, FusionRun run, SystemResult& result) {
    std::vector<DetectedPicture> last, first;
    for (const double seconds : o_.times) {
      cim::ArrayDevice device = o_.device;
      device.seconds = seconds;
      ArrayAccuracy point{seconds, {}, 1, 0};
      for (int chip = 0; chip < o_.chips; ++chip) {
        run.arrays = program_shared(quantized, device, result.converter_bits, o_.seed + static_cast<uint64_t>(chip));
        std::vector<DetectedPicture> found = detect_all(quantized, set_, run);
        const FusionAccuracy own = accuracy_of(found, set_);
        const double share = 1.0 / o_.chips;
        add(point.mean.all, own.all, share);
        add(point.mean.day, own.day, share);
        add(point.mean.night, own.night, share);
        point.low = std::min(point.low, own.all.at_half);
        point.high = std::max(point.high, own.all.at_half);
        if (chip == 0) last = found;
        if (first.empty()) first = std::move(found);
        judged(result.name, 0.8 / (static_cast<double>(o_.times.size()) * o_.chips));
      }
      result.on_arrays.push_back(point);
    }
    first_found_.push_back(std::move(first));
    last_found_.push_back(std::move(last));
  }

  ExpectedOrder judge(const Expected& expected, const RemCimResult& result) const {
    const auto index = [&](const char* name) {
      return static_cast<size_t>(&find(result, name) - result.systems.data());
    };
    const size_t a = index(expected.greater), b = index(expected.smaller);
    const auto figure = [&](size_t i) {
      const FusionAccuracy& own = result.systems[i].on_arrays.back().mean;
      return (expected.night ? own.night : own.all).at_half;
    };
    ExpectedOrder order{expected.greater, expected.smaller, expected.night, figure(a), figure(b), 0};
    const auto first = of_light(last_found_[a], set_, order.night),
               second = of_light(last_found_[b], set_, order.night);
    if (!first.empty())
      order.sure = share_at_least(first, second, static_cast<int>(set_.classes.size()), kResamples, o_.seed);
    return order;
  }

  /// The first scenes of the test that have something to be found.
  void show(RemCimResult& result) const {
    for (const bool night : {false, true}) {
      size_t shown = 0;
      for (size_t i = 0; i < set_.test.size() && shown < kShownOfEach; ++i) {
        const FusionExample& example = set_.test[i];
        const auto counts = std::count_if(example.objects.begin(), example.objects.end(),
                                          [](const MarkedObject& object) { return !object.difficult; });
        if (example.night != night || counts < 2) continue;
        ShownScene scene{example, {}};
        for (const std::vector<DetectedPicture>& found : first_found_) scene.found.push_back(found[i].detections);
        result.scenes.push_back(std::move(scene));
        ++shown;
      }
    }
  }

  const RemCimOptions& o_;
  const FusionSet& set_;
  const RemCimListener& listener_;
  double work_ = 0, judging_ = 0, done_ = 0;
  Graph light_;  // MEA-FPN in real numbers
  std::vector<std::vector<DetectedPicture>> first_found_, last_found_;
};

}  // namespace

RemCimResult run_rem_cim(const RemCimOptions& options, const FusionSet& set, const RemCimListener& listener) {
  return Experiment(options, set, listener).run();
}

void forget_rem_cim(const std::string& folder) {
  std::error_code ignored;
  for (const System& system : kSystems)
    std::filesystem::remove(std::filesystem::path(folder) / (std::string(system.file) + ".checkpoint"), ignored);
}

}  // namespace flashcell::quant
