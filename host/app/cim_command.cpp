#include "host/app/cim_command.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/app/labelled_pictures.hpp"
#include "host/app/progress.hpp"
#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/cim/study.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/search/array_bits.hpp"

namespace flashcell::app {
namespace {

struct ArrayOptions {
  std::string network, preset, test, calibration, before, time = "1s..1y", output;
  host::PictureOptions pictures;
  std::vector<float> noises{0, 0.5F, 1, 2, 5}, bits{4, 5, 6, 7, 8, 10};
  std::optional<quant::cim::BitsOf> choose_bits;
  double bit_errors = 0.1, bits_loss = 1;
  int64_t images = 256;
  int chips = 3, threads = 1;
  uint64_t seed = 1;
  bool quiet = false;
};

std::vector<double> times_of(const std::string& text) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) return {quant::cim::seconds_of(text)};
  const double first = quant::cim::seconds_of(text.substr(0, dots)),
               last = quant::cim::seconds_of(text.substr(dots + 2));
  if (last < first)
    throw Error(Fault::usage, fmt::format("--time {}: ends before it begins; give it as 1s..1y", printable(text)));
  return quant::cim::times_between(first, last);
}

// Pictures spread evenly over the test set.
void keep_some(LabelledPictures& pictures, int64_t most) {
  quant::LabelledImages& images = pictures.images;
  if (most >= images.count) return;
  const size_t each = images.pixels.size() / static_cast<size_t>(images.count);
  for (int64_t i = 0; i < most; ++i) {
    const auto from = static_cast<size_t>(i * images.count / most), to = static_cast<size_t>(i);
    std::copy_n(images.pixels.begin() + static_cast<ptrdiff_t>(from * each), each,
                images.pixels.begin() + static_cast<ptrdiff_t>(to * each));
    images.labels[to] = images.labels[from];
  }
  images.count = most;
  images.pixels.resize(static_cast<size_t>(most) * each);
  images.labels.resize(static_cast<size_t>(most));
}

quant::cim::StudyOptions study_options(const ArrayOptions& o) {
  quant::cim::StudyOptions options;
  options.times = times_of(o.time);
  for (const float noise : o.noises) {
    if (!(noise >= 0 && noise <= 100))
      throw Error(Fault::usage, fmt::format("--noise {}: is percent of the largest conductance, 0..100", noise));
    options.noises.push_back(static_cast<double>(noise) / 100);
  }
  for (const float bits : o.bits) {
    if (!(bits >= 1 && bits <= 16)) throw Error(Fault::usage, fmt::format("--bits {}: converters have 1 to 16", bits));
    options.bits.push_back(static_cast<int>(bits));
  }
  options.chips = o.chips;
  options.seed = o.seed;
  options.run.threads = o.threads;
  return options;
}

// The other network over time alone.
quant::cim::Comparison compare(const ArrayOptions& o, quant::cim::StudyOptions options,
                               const quant::cim::TestSet& test) {
  options.noises.clear();
  options.bits.clear();
  const host::ArrayWork work = host::read_array_work(o.before, {o.preset, o.calibration, o.pictures});
  const quant::Shape& input = work.graph.node(work.graph.inputs()[0]).shape;
  if (static_cast<size_t>(quant::element_count(input)) * test.labels.size() != test.images.size())
    throw Error(Fault::usage, fmt::format("--before {}: takes pictures of another size", printable(o.before)));
  const quant::cim::Study study = quant::cim::study(work.graph, work.device, work.settings, test, options);
  return {o.before, study.real, study.ideal, study.over_time};
}

// Ranges for other devices than the work's, as model eval finds them.
quant::RangeSource ranges_of(const ArrayOptions& o, const host::ArrayWork& work) {
  const auto pictures = std::make_shared<const quant::CalibrationImages>(
      host::calibration_pictures(work, {o.preset, o.calibration, o.pictures}, host::kCalibrationPictures));
  return [&work, pictures](const quant::cim::ArrayDevice& device) {
    return quant::cim::calibrate(work.graph, device, pictures->values, pictures->count,
                                 quant::cim::stated_limits(work.as_read, device));
  };
}

/// Bits layer by layer; from then on `work` is of the device that has them.
quant::cim::BitsStudy choose_bits(const ArrayOptions& o, host::ArrayWork& work, const quant::cim::TestSet& test,
                                  const quant::cim::StudyOptions& study) {
  constexpr int64_t kPictures = 512;
  const quant::CalibrationImages pictures =
      host::calibration_pictures(work, {o.preset, o.calibration, o.pictures}, kPictures);
  quant::ArrayBitsOptions options;
  options.of = *o.choose_bits;
  options.bit_errors = o.bit_errors / 100;
  options.most_loss = o.bits_loss;
  options.chips = o.chips;
  options.seed = o.seed;
  options.run = study.run;
  Progress progress("choosing bits", std::nullopt, o.quiet, "accuracies");
  const auto show = [&](int64_t done, int64_t all) { progress.update_of(done, all); };
  quant::cim::BitsStudy bits{
      quant::choose_array_bits(work.graph, work.device, study.ranges, pictures.values, pictures.count, options, show),
      {},
      {}};
  progress.clear();
  work.device.faults.bit_inversion = options.bit_errors;
  bits.before = quant::cim::accuracy(work.graph, work.device, work.settings, test, study);
  work.device = bits.choice.device;
  work.settings = study.ranges(work.device);
  bits.after = quant::cim::accuracy(work.graph, work.device, work.settings, test, study);
  return bits;
}

int report(const ArrayOptions& o) {
  if (o.chips < 1 || o.images < 1 || o.threads < 1)
    throw Error(Fault::usage, "--chips, --images and --threads are at least 1");
  if (!(o.bit_errors >= 0 && o.bit_errors <= 50))
    throw Error(Fault::usage, fmt::format("--bit-errors {}: is percent of the stored bits, 0..50", o.bit_errors));
  if (!(o.bits_loss >= 0 && o.bits_loss <= 100))
    throw Error(Fault::usage, fmt::format("--bits-loss {}: is percent points, 0..100", o.bits_loss));
  if (o.choose_bits && o.calibration.empty())
    throw Error(Fault::usage, "--choose-bits looks at pictures; give some (--calibration DATA)");
  if (o.choose_bits && !o.before.empty())
    throw Error(Fault::usage,
                "--before compares on one device: choose bits first, then give their device.toml as --preset");
  try {
    quant::cim::StudyOptions options = study_options(o);
    host::ArrayWork work = host::read_array_work(o.network, {o.preset, o.calibration, o.pictures});
    if (!o.calibration.empty()) options.ranges = ranges_of(o, work);
    RunChoice plain;
    plain.pictures = o.pictures;
    plain.arithmetic = Arithmetic::float32;
    const std::unique_ptr<NetworkRun> network = make_run(o.network, plain);
    LabelledPictures pictures = read_labelled_pictures(o.test, *network, o.network, o.pictures);
    keep_some(pictures, o.images);
    const std::vector<float> numbers = input_numbers(pictures, *network);
    std::optional<quant::cim::BitsStudy> bits;
    if (o.choose_bits) bits = choose_bits(o, work, {numbers, pictures.images.labels}, options);
    Progress progress("measuring accuracies", std::nullopt, o.quiet, "accuracies");
    quant::cim::Study study =
        quant::cim::study(work.graph, work.device, work.settings, {numbers, pictures.images.labels}, options,
                          [&](int64_t done, int64_t all) { progress.update_of(done, all); });
    if (!o.before.empty()) study.before = compare(o, options, {numbers, pictures.images.labels});
    progress.clear();
    study.network = o.network;
    study.ranges = work.ranges;
    study.bits_by_layer = std::move(bits);
    const std::string text = to_text(study);
    FileGroup files(o.output);
    files.add("report.txt", text);
    files.add("report.json", to_json(study));
    files.add("report.html", to_page(study));
    if (o.choose_bits) files.add("device.toml", quant::cim::device_text(work.device));
    files.write();
    fmt::print("{}\nwritten to {}\n", text, printable(files.path("report.html")));
    if (o.choose_bits)
      fmt::print("the device with these bits: {}, as cim:{} or a recipe's arrays\n",
                 printable(files.path("device.toml")), printable(files.path("device.toml")));
    return 0;
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
}

void add_report(Command& cim, Action& action) {
  Command& command = cim.add_subcommand(
      "report", "A network on emulated arrays: accuracy over time, noise and bits; converters and cells");
  command.footer(
      "PRESET is one of `flashcell cim presets` or a .toml file; keys may be changed behind it, as\n"
      "sonos_xiao_2022,output.bits=6. DATA as in `flashcell model eval`. Every chip is programmed with a seed of its "
      "own.\n"
      "  flashcell cim report net.onnx --preset pcm_aihwkit --test test_batch.bin --calibration train_batch.bin \\\n"
      "      --time 1s..1y -o report\n"
      "report.txt, report.json and report.html: a page that needs nothing but itself.\n"
      "  flashcell cim report net.onnx --preset ideal_8bit --test test_batch.bin --calibration train_batch.bin \\\n"
      "      --choose-bits both --bit-errors 0.1 -o report\n"
      "as few bits of each layer's weights and converters as the network bears with so many wrong ones: device.toml");
  auto options = std::make_shared<ArrayOptions>();
  command.add_option("NETWORK", options->network, "ONNX file of a classifier").required();
  command.add_option("--preset", options->preset, "The device: PRESET[,key=value...]").required();
  command.add_option("--test", options->test, "Labelled images").required();
  command.add_option("-o,--output", options->output, "Folder for the report").required();
  command.add_option("--calibration", options->calibration,
                     "Pictures that converters' ranges are found with; else a quantized network's file says them");
  command.add_option("--before", options->before,
                     "Another network of the same pictures, as it was before it was trained for the device: its "
                     "accuracy over time beside");
  command.add_option("--time", options->time, "From programming to reading: a time, or first..last (1s..1y)");
  command.add_option("--noise", options->noises, "More noise of each read, percent of the largest conductance")
      .delimiter(',');
  command.add_option("--bits", options->bits, "Bits of all output converters to compare").delimiter(',');
  std::vector<std::pair<std::string, std::optional<quant::cim::BitsOf>>> kinds;
  for (const auto& [value, name] : quant::cim::kBitsOf) kinds.emplace_back(name, value);
  command.add_choice("--choose-bits", options->choose_bits, kinds,
                     "Gives each layer's weights, the converters behind its columns, or both, as few bits as the "
                     "network bears with --bit-errors; needs --calibration");
  command.add_option("--bit-errors", options->bit_errors,
                     "Percent of the stored bits that are wrong while bits are chosen, and from then on; 0.1 unless "
                     "stated");
  command.add_option("--bits-loss", options->bits_loss,
                     "Percent points of the calibration's pictures that chosen bits may name otherwise, beyond the "
                     "device's own; 1 unless stated");
  command.add_option("--images", options->images, "So many of the labelled images at most; 256 unless stated");
  command.add_option("--chips", options->chips, "Chips for each figure; 3 unless stated");
  command.add_option("--threads", options->threads, "The same bytes for any number; 1 unless stated");
  command.add_option("--seed", options->seed, "Fixes all that is by chance; 1 unless stated");
  add_pixel_options(command, options->pictures);
  add_fit_options(command, options->pictures);
  add_size_option(command, options->pictures);
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  command.callback([=, &action] { action = [=] { return report(*options); }; });
}

void add_presets(Command& cim, Action& action) {
  Command& command = cim.add_subcommand("presets", "The devices that come with flashcell, or one of them as TOML");
  command.footer(
      "  flashcell cim presets sonos_xiao_2022 > mine.toml\n"
      "  flashcell model eval net.onnx test_batch.bin --device cim:mine.toml");
  auto name = std::make_shared<std::string>();
  command.add_option("PRESET", *name, "Prints this one as a file to begin from");
  command.callback([=, &action] {
    action = [=] {
      if (!name->empty()) {
        fmt::print("{}", quant::cim::preset_text(*name));
        return 0;
      }
      for (const std::string& preset : quant::cim::preset_names())
        fmt::print("{:24} {}\n", preset, quant::cim::device_of(preset).source);
      return 0;
    };
  });
}

}  // namespace

void add_cim(Command& app, Action& action) {
  Command& command = app.add_subcommand("cim", "Networks on emulated compute-in-memory arrays: presets, and a report");
  command.require_subcommand();
  command.footer(
      "docs/cim.md says what is emulated. `flashcell model eval NETWORK DATA --device cim:PRESET` runs one.");
  add_presets(command, action);
  add_report(command, action);
}

}  // namespace flashcell::app
