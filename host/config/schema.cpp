#include "host/config/schema.hpp"

#include <algorithm>
#include <stdexcept>

#include "host/segment/parameter_ranges.hpp"

namespace flashcell::host {
namespace {

using schema::choice;
using schema::integer;

constexpr int64_t kMaxCount = int64_t{1} << 40;

void integer(schema::Visitor& v, const char* key, int& value, IntegerRange range, const char* doc) {
  integer(v, key, value, range.low, range.high, doc);
}

void real(schema::Visitor& v, const char* key, double& value, RealRange range, const char* doc) {
  v.real(key, value, range.low, range.high, doc);
}

constexpr NamedValue<CropParameters::Centre> kCropCentres[] = {{CropParameters::Centre::box, "box"},
                                                               {CropParameters::Centre::centroid, "centroid"}};
constexpr NamedValue<tracking::MotionModel> kMotionModels[] = {
    {tracking::MotionModel::constant_velocity, "constant_velocity"},
    {tracking::MotionModel::constant_acceleration, "constant_acceleration"}};

constexpr const char* kAutomatic = "auto";

// "auto" is a method to people; here it is a flag beside the method.
void method_choice(schema::Visitor& v, SegmentSection& s, const char* doc) {
  std::string name = s.automatic ? kAutomatic : name_in(kSegmentMethods, s.parameters.method);
  std::vector<std::string> names = names_in(kSegmentMethods);
  names.insert(names.begin(), kAutomatic);
  v.choice("method", name, names, doc);
  s.automatic = name == kAutomatic;
  if (const auto method = value_in(kSegmentMethods, name)) s.parameters.method = *method;
}

void connectivity_choice(schema::Visitor& v, std::optional<contract::Connectivity>& connectivity, const char* doc) {
  std::string name = connectivity ? name_in(contract::kConnectivities, *connectivity) : kAutomatic;
  std::vector<std::string> names = names_in(contract::kConnectivities);
  names.insert(names.begin(), kAutomatic);
  v.choice("connectivity", name, names, doc);
  connectivity = value_in(contract::kConnectivities, name);
}

/// `hint` ends the line that says what is wrong with a count.
void object_count(schema::Visitor& v, const char* key, tracking::ObjectCount& count, const char* hint,
                  const char* doc) {
  std::string text = tracking::to_text(count);
  const auto fault = [hint](const std::string& given) -> std::string {
    try {
      tracking::parse_object_count(given);
      return "";
    } catch (const std::invalid_argument& e) {
      return std::string(e.what()) + hint;
    }
  };
  v.form(key, text, fault, doc);
  count = tracking::parse_object_count(text);
}

void colour_classes(schema::Visitor& v, const char* key, std::vector<ColourClass>& classes, const char* doc) {
  const auto visit = [](ColourClass& c, schema::Visitor& each) {
    each.text("name", c.name, "");
    schema::range(each, "hue", c.hue_low, c.hue_high, true, "");
    schema::range(each, "saturation", c.saturation_low, c.saturation_high, false, "");
    schema::range(each, "value", c.value_low, c.value_high, false, "");
  };
  const auto fault = [](const ColourClass& c) -> std::string { return c.name.empty() ? "needs a name" : ""; };
  schema::TableList<ColourClass> list(classes, {visit, fault, contract::kMaxColourClasses});
  v.tables(key, list, doc);
}

void visit_region(SegmentRegion& region, schema::Visitor& v) {
  constexpr double kFar = 1e6;  // px
  v.text("name", region.name, "");
  v.boolean("include", region.include, "");
  object_count(v, "count", region.count, "", "");
  v.points("points", region.points, kFar, "");
  v.numbers("circle", region.circle, 3, kFar, "");
  v.numbers("rectangle", region.rectangle, 4, kFar, "");
  v.numbers("grid", region.grid, 2, kFar, "");
  if (region.grid.empty()) return;
  choice(v, "well", region.well, kWellShapes, "");
  v.real("gap", region.gap, 0, kFar, "");
}

void regions(schema::Visitor& v, const char* key, std::vector<SegmentRegion>& all, const char* doc) {
  const auto fault = [&all](const SegmentRegion&) { return fault_of_last(all); };
  schema::TableList<SegmentRegion> list(all, {visit_region, fault, tracking::RegionMap::kMostRegions});
  v.tables(key, list, doc);
}

void visit_input(InputSection& s, schema::Visitor& v) {
  v.section("input", "What the recording does not say of itself.");
  v.real("fps", s.fps, 0, 1e8, "Frames/s. 0: as recorded.");
  integer(v, "start", s.start, 0, kMaxCount, "First frame to process, from 0.");
  integer(v, "frames", s.frames, 0, kMaxCount, "Number of frames to process. 0: all.");
  v.text("unit", s.unit, "Length unit in which the outputs state places, speeds and areas beside px, e.g. \"mm\".");
  v.real("units_per_pixel", s.units_per_pixel, 0, 1e12,
         "Size of a pixel in that unit; stands in every header. 0: as scale_points or [plane] say.");
  v.points("scale_points", s.scale_points, 1e6,
           "Instead: [[x, y], [x, y]], two px whose distance is known, as the ends of a ruler.");
  v.real("scale_length", s.scale_length, 0, 1e12, "Their distance in that unit.");
  integer(v, "raw_width", s.raw_width, 0, 4096, "Raw frames only: width, px.");
  integer(v, "raw_height", s.raw_height, 0, 4096, "Raw frames only: height, px.");
  v.text(
      "raw_format", s.raw_format,
      "Raw frames only: grey8, grey10_packed, grey12_packed, grey16, grey16_be, rgb8, bgr8, bayer_rggb, bayer_bggr,\n"
      "bayer_grbg or bayer_gbrg.");
  integer(v, "raw_bits", s.raw_bits, 9, 16, "Raw grey16 frames only: significant bits of a sample.");
  integer(v, "raw_header_bytes", s.raw_header_bytes, 0, kMaxCount, "Raw frames only: bytes before the first frame.");
  integer(v, "raw_gap_bytes", s.raw_gap_bytes, 0, kMaxCount, "Raw frames only: bytes between two frames.");
}

void visit_lens(Lens& l, schema::Visitor& v) {
  constexpr double kFarthest = 1e7, kStrongest = 1e6;
  v.section("lens",
            "The camera's lens by Brown's model, as `flashcell calibrate` writes it: places, speeds and areas in\n"
            "input.unit are corrected for it. Without fx there is none.");
  v.real("fx", l.fx, 0, kFarthest, "Focal length along a row, px. 0: no lens is given.");
  v.real("fy", l.fy, 0, kFarthest, "Focal length along a column, px.");
  v.real("cx", l.cx, -kFarthest, kFarthest, "The optical axis in the picture, px right of the first pixel's centre.");
  v.real("cy", l.cy, -kFarthest, kFarthest, "The same, px below it.");
  v.real("k1", l.k1, -kStrongest, kStrongest, "Radial distortion, with the square of the distance from the axis.");
  v.real("k2", l.k2, -kStrongest, kStrongest, "With its fourth power.");
  v.real("p1", l.p1, -kStrongest, kStrongest, "Tangential distortion.");
  v.real("p2", l.p2, -kStrongest, kStrongest, "The same, across.");
  v.real("k3", l.k3, -kStrongest, kStrongest, "Radial distortion, with the sixth power.");
  integer(v, "width", l.width, 0, 1 << 16, "Width of the pictures that it holds for, px; of other sizes it does not.");
  integer(v, "height", l.height, 0, 1 << 16, "Their height, px.");
}

void visit_plane(PlaneSection& s, schema::Visitor& v) {
  v.section("plane", "The plane on which the objects move, seen by a camera that need not face it.");
  v.numbers("homography", s.homography, 9, 1e12,
            "Nine numbers, row by row: the matrix that takes px (with [lens], of the picture without distortion) to\n"
            "input.unit on the plane. `flashcell calibrate --plane` writes it. Empty: none.");
}

template <class Value, class Parse>
void event_length(schema::Visitor& v, const char* key, Value& value, Parse parse, const char* doc) {
  std::string text = to_text(value);
  const auto fault = [&parse](const std::string& given) -> std::string {
    try {
      parse(given);
      return "";
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
  };
  v.form(key, text, fault, doc);
  value = parse(text);
}

void event_time(schema::Visitor& v, const char* key, int64_t& us, const char* doc) {
  const auto parse = [](const std::string& text) {
    const EventSpan span = parse_event_span(text);
    if (span.events > 0) throw std::invalid_argument("'" + text + "' is no length of time, as 1000us, 1.5ms or 2s");
    return span;
  };
  EventSpan span{us, 0};
  event_length(v, key, span, parse, doc);
  us = span.us;
}

void visit_events(EventParameters& p, schema::Visitor& v) {
  constexpr int kLargestSide = contract::kMaxFrameSide;
  v.section("events",
            "How a recording of an event camera becomes frames: an event is a foreground pixel of those whose window\n"
            "it lies in. [segment] does nothing but for its regions. docs/events.md says more.");
  event_length(v, "window", p.window, parse_event_span,
               "What a frame shows: so long a time (\"1000us\", \"1.5ms\"; 100us is short) or so many events "
               "(\"5000ev\").");
  event_length(v, "step", p.step, parse_event_span,
               "From a frame to the next, as window; shorter than it, windows overlap. Empty: the window.");
  event_length(v, "stay", p.stay, parse_event_stay,
               "How long an event is seen: for so many windows (1, 3), or until its pixel's last event is so old "
               "(\"1500us\").");
  choice(v, "polarity", p.polarity, kEventPolarities, "both, or the on or off events alone.");
  v.real("hot_pixels", p.hot_pixels, 0, 1e6,
         "A pixel is left out that fires so many times as often as the others, and as those around it. 0: none is.");
  event_time(v, "hot_time", p.hot_us, "The recording's beginning in which these are found.");
  event_time(v, "noise", p.noise_us,
             "Background activity: an event is left out with none in the eight pixels around it so long before "
             "(\"5ms\").\nEmpty: none is.");
  integer(v, "width", p.width, 0, kLargestSide,
          "Of the sensor, px, where the file does not say it right. 0: as recorded.");
  integer(v, "height", p.height, 0, kLargestSide, "The same.");
}

void visit_segment(SegmentSection& s, schema::Visitor& v) {
  SegmentParameters& p = s.parameters;
  v.section("segment", "Which pixels are foreground. `flashcell tune INPUT` shows what a setting does.");
  method_choice(
      v, s,
      "auto: method and parameters are proposed from the recording (as `flashcell tune --auto` prints them).\n"
      "threshold: fixed grey level. otsu: grey level chosen anew for each frame. adaptive: against the local mean.\n"
      "median: against the median of the whole recording, for a camera that stands still. background: against a "
      "running\n"
      "mean and variance, where the scene changes. colour: named colour classes.");
  choice(v, "polarity", p.polarity, kPolarities, "bright or dark: what objects are against what is around them.");
  constexpr SegmentRanges kRanges{kDeepestGrey};
  integer(
      v, "threshold", p.threshold, kRanges.threshold(),
      "threshold: foreground is grey >= threshold (bright) or < threshold (dark), in the recording's own grey levels.");
  integer(v, "window", p.window, kRanges.window(), "adaptive: side of the mean's window, px, odd.");
  integer(v, "offset", p.offset, kRanges.offset(),
          "adaptive: foreground differs from the local mean by more than this, grey levels; may be negative.");
  real(v, "sigmas", p.sigmas, kRanges.sigmas(),
       "median, background: foreground is further than this many standard deviations from the scene.");
  real(v, "learning_rate", p.learning_rate, kRanges.learning_rate(),
       "background: weight of the newest frame in mean and variance. 0: learn only at the start.");
  real(v, "min_sigma", p.min_sigma, kRanges.min_sigma(),
       "median, background: floor of the standard deviation, grey levels; with 8-bit grey at most 45.");
  integer(v, "learn_frames", p.learn_frames, kRanges.learn_frames(),
          "background: first frames that only teach and give no objects. 0: the first frame is the background.");
  v.boolean("both_polarities", p.both_polarities,
            "median, background: brighter and darker pixels both count; else polarity decides.");
  colour_classes(
      v, "class", p.classes,
      "colour: one [[segment.class]] table a class, at most 8. name; hue, saturation, value = [low, high], 0..255,\n"
      "inclusive; hue 0..255 is the whole circle, low > high wraps over red.");
  regions(
      v, "region", p.regions,
      "Regions of interest: one [[segment.region]] table each, px. include = true keeps the inside, false cuts it\n"
      "out; without any include everything is in. One shape: points = [[x, y], ...], circle = [x, y, radius] or\n"
      "rectangle = [left, top, width, height]; that with grid = [columns, rows] holds wells A1, A2 ... B1 ..., which\n"
      "have well = \"circle\" or \"rectangle\" and a gap between them. name: of the region, or before a well's.\n"
      "count: of objects in it or in each well, as track.count; no object then goes from one region to another.");
}

void visit_label(LabelSection& s, schema::Visitor& v) {
  v.section("label", "Which foreground pixels are one object, and what is measured.");
  connectivity_choice(
      v, s.connectivity,
      "auto: cell for event cameras, else exact8.\n"
      "exact8, exact4: pixel-exact 8- or 4-connected components. cell: 8x8-pixel cells that touch are one object\n"
      "(fixed time a frame; objects in touching cells merge).");
  integer(v, "max_objects", s.max_objects, 1, 1 << 20, "Objects a frame at most; more are counted as lost.");
  integer(v, "min_area", s.min_area, 0, 1 << 24,
          "Smaller objects are left out, px. 0: proposed with method auto, else 1.");
  integer(v, "max_area", s.max_area, -1, 1 << 24,
          "Larger objects are left out, px. 0: no limit. -1: proposed with method auto, else no limit.");
  integer(v, "min_cell_pixels", s.min_cell_pixels, 1, 64, "cell: foreground pixels that make a cell occupied.");
  for (const contract::FeatureDescription& feature : contract::kFeatures) {
    bool wanted = (s.features & feature.bit) != 0;
    v.boolean(feature.name, wanted, feature.meaning);
    s.features = static_cast<uint8_t>(wanted ? s.features | feature.bit : s.features & ~feature.bit);
  }
  integer(v, "saturation_floor", s.saturation_floor, 0, 255, "hue: pixels less saturated than this are not counted.");
  integer(v, "value_floor", s.value_floor, 0, 255, "hue: pixels darker than this are not counted.");
}

void visit_classify(ClassifySection& s, schema::Visitor& v) {
  v.section("classify",
            "A network that names objects by their pictures; one name for each track, fused over its life.\n"
            "docs/recognition.md goes from marks to a network of your own.");
  v.text("model", s.model, "Packed model (.fcnn) of a classifier. Empty: none.");
  v.real("margin", s.crop.margin, 0, 1,
         "Room around an object's box in its picture, as a share of the box, on every side.");
  choice(v, "centre", s.crop.centre, kCropCentres, "box or centroid: what lies in the picture's middle.");
  v.boolean("invert", s.crop.invert,
            "Turn pictures over (255 - grey): for dark objects, with a network that learned bright ones.");
  v.boolean("stretch", s.crop.stretch,
            "Stretch each picture's grey levels to 0..255, so that lighting does not matter.");
  v.boolean("mask", s.crop.mask, "Blacken what lies outside of the object's box, so that neighbours do not show.");
  v.real("least_confidence", s.least_confidence, 0, 1,
         "An object of which the network is less sure is not named in that frame.");
}

void visit_detect(DetectSection& s, schema::Visitor& v) {
  v.section("detect",
            "A network that finds and names objects in whole frames (detector). Frames of another size than the\n"
            "network's input are stretched to it.");
  v.text("model", s.model, "Packed model (.fcnn) of a detector. Empty: none.");
  choice(
      v, "objects", s.objects, kDetectionUses,
      "beside: segmentation finds the objects, and one gets the class of the detection that covers it. instead: the\n"
      "boxes are the objects, [segment] and [label] do nothing; with classify.model, that network names them.");
  v.real("least_score", s.least_score, 0, 1, "Detections of a lower score are left out.");
  v.real("most_overlap", s.most_overlap, 0, 1,
         "Of two boxes that overlap more (intersection over union) only the stronger one stays; beside: of a class.");
}

void visit_track(TrackSection& s, schema::Visitor& v) {
  tracking::TrackerParameters& p = s.parameters;
  v.section("track", "How objects are followed. Times are of the recording, whatever its frame rate.");
  choice(v, "motion", p.motion, kMotionModels,
         "constant_velocity or constant_acceleration: what the prediction assumes.");
  object_count(
      v, "count", p.count, "; each [[segment.region]] may have its own instead",
      "How many objects there are, where that is known: 2, or \"2..5\" for two to five. Empty: unknown. Given, the\n"
      "tracks are linked to so many in a second pass, in a realtime run as they come (docs/tracking.md).");
  v.real(
      "confirm_ms", p.confirm_ms, 0, 1e6,
      "A track gets its id once followed this long, ms. 0: at its second sighting (150 ms of sightings in full trust\n"
      "with track --detections, above 30 frames/s so much less that it is as many frames).");
  v.real("lost_ms", p.lost_ms, 0, 1e6,
         "A track that is not seen for longer ends, ms. 0: 100 ms or 20 frames, whichever is longer\n(1000 ms with "
         "track --detections, above 30 frames/s as many frames, but at least 100 ms).");
  v.real("max_speed", p.max_speed, 0, 1e9,
         "Nothing moves faster, px/s. 0: from the objects' size and the motion model.");
  v.real("gate", p.gate, 0, 1e6, "Squared Mahalanobis distance beyond which a pair is never matched. 0: built in.");
  v.real("measurement_noise", p.measurement_noise, 0.001, 1000, "Standard deviation of a measured centroid, px.");
  v.real("process_noise", p.process_noise, 0, 1e12,
         "Unmodelled acceleration, px/s^2 (constant_acceleration: px/s^3). 0: from the objects' size.");
  v.real("weight_position", p.weight_position, 0, 1000, "Weight of position in the cost; 0 leaves a cue out.");
  v.real("weight_shape", p.weight_shape, 0, 1000, "Weight of area and second moments.");
  v.real("weight_hlac", p.weight_hlac, 0, 1000, "Weight of the HLAC features.");
  v.real("weight_hue", p.weight_hue, 0, 1000, "Weight of the hue histogram.");
  v.real("predict_ms", p.predict_ms, 0, 1e6,
         "A track that is not seen is written as predicted for so long, ms, at most lost_ms, unless it has left the\n"
         "picture or another object is seen there. 0: its gap is filled once it is found again (offline runs only).");
  v.real("min_confidence", p.min_confidence, -1e6, 1e6,
         "Detections of a lower score continue tracks but start none (track --detections). 0: no limit.");
  v.real(
      "box_trust", s.box_trust, 0, 0.99,
      "track --detections: boxes of less trust, 0..1, start no track and count against new ones. Trust is how often\n"
      "boxes of a score are found again a moment later, by how often the best are: whatever the scores mean.");
  v.real("box_smooth_ms", s.box_smooth_ms, 0, 1e6,
         "track --detections: a box is fitted to those so long before and after it, less where the object turns, ms\n"
         "(offline runs only; above 30 frames/s as many frames as at 30). 0: to those before.");
  v.boolean("resolve_merges", p.resolve_merges, "Carry tracks through blobs that hold several objects.");
  v.boolean(
      "divide_pixels", s.divide_pixels,
      "Divide the pixels of a blob that holds several objects among them: each one's own place, box and area, and "
      "fewer\nids that change; some us a frame for each of them. false: their places from the blob's box, centroid and "
      "moments.");
  v.boolean("intensity_centroid", s.intensity_centroid,
            "Positions from grey sums (sub-pixel) instead of the binary area.");
  v.text("classes", s.classes, "File of named classes that `flashcell learn` wrote. Empty: objects stay unnamed.");
}

void visit_actions(ActionsSection& s, schema::Visitor& v) {
  v.section("actions", "What each track does (walks, turns, jumps: whatever was marked), step by step.");
  v.text("model", s.model,
         "File of actions that `flashcell learn --actions` wrote (docs/actions.md). Empty: actions stay unnamed.");
}

void visit_pipeline(PipelineSection& s, schema::Visitor& v) {
  v.section("pipeline",
            "Where and how it runs. But for device = \"cim\" none of it changes the results of an offline run.");
  choice(
      v, "device", s.device, kDeviceKinds,
      "cpu: fast. hls: the FPGA kernel's sources on the CPU, slow. reference: plain scalar code, slow. xrt: a board\n"
      "(section [xrt]; on the command line xrt:1 is board 1). Same bytes from all. cim: as cpu, but the networks of\n"
      "[classify] and [detect] run on emulated compute-in-memory arrays (section [cim]; cim:PRESET names them).");
  integer(v, "threads", s.threads, 0, 1024, "0: all cores.");
  integer(v, "frames_in_flight", s.frames_in_flight, 0, 4096,
          "Frames between source and sinks at most. 0: four a thread.");
  v.boolean(
      "realtime", s.realtime,
      "Paced by the recording's time; what cannot be kept up with is dropped and counted, the oldest waiting first.");
  v.real("queue_ms", s.queue_ms, 0, 1e4,
         "realtime: how long frames may wait, ms of recording time, while the pipeline is held up (4 frames at least,\n"
         "512 MiB at most). What waits longer is dropped.");
}

void visit_xrt(XrtSection& s, schema::Visitor& v) {
  v.section("xrt", "The board, with device = \"xrt\". docs/xrt.md says more.");
  integer(v, "device", s.device, 0, 63, "Index of the board; `flashcell devices` lists them.");
  v.text("bitstream", s.bitstream,
         "The xclbin file; `flashcell bitstream check FILE` says where it runs. Empty: the software device's own, with "
         "emulated.");
  integer(v, "launches_in_flight", s.launches_in_flight, 1, 64, "Launches that are under way at a time.");
  integer(v, "frames_per_launch", s.frames_per_launch, 1, 256,
          "Frames that one launch works off: more cost latency and save the time of a launch.");
  integer(v, "timeout_ms", s.timeout_ms, 1, 600000,
          "A launch that takes longer has failed: its frames are lost and counted, and the board is opened again.");
  integer(v, "reopen", s.reopen, 0, 1000000, "Times that the board is opened again in a run before it is given up.");
  v.boolean("emulated", s.emulated, "Run without a board, on the software device behind the genuine XRT library.");
}

void visit_cim(CimSection& s, schema::Visitor& v) {
  v.section("cim", "The arrays that networks run on, with device = \"cim\". docs/cim.md says more.");
  v.text("preset", s.preset,
         "PRESET[,key=value...]: one of `flashcell cim presets` or a .toml file, and keys of it to change.");
  v.text("time", s.time, "From programming to reading, as \"30d\". Empty: as the preset says.");
  v.text("calibration", s.calibration,
         "Pictures that converters find their ranges with (no labels needed). Empty: as the quantized network says.");
  integer(v, "seed", s.seed, 0, kMaxCount, "Fixes all that is by chance: the same chip, the same noise.");
}

void visit_output(OutputSection& s, schema::Visitor& v) {
  v.section("output", "What is written into the output folder.");
  v.boolean("csv", s.csv, "tracks.csv: one row a track and frame; header with units.");
  v.boolean("mot", s.mot, "tracks.txt: MOTChallenge text.");
  v.boolean("hdf5", s.hdf5, "tracks.h5: rows and every object's features.");
  v.boolean(
      "labels", s.labels,
      "mask000000.tif ... and res_track.txt: a label image a frame, a track's number in each of its pixels, as the\n"
      "Cell Tracking Challenge wants them. Segments every frame once more.");
  v.boolean("overlay", s.overlay, "overlay.mp4: the recording with tracks drawn on.");
  v.boolean("report", s.report,
            "report.html: one self-contained page with pictures, and report_*.csv with its charts' numbers.");
  integer(v, "overlay_every", s.overlay_every, 0, 1000000,
          "Draw every n-th frame. 0: so many that 900 pictures show all of the recording, but 30 a second at least.");
  integer(v, "overlay_frames", s.overlay_frames, 0, kMaxCount, "Draw so many frames at most. 0: no limit.");
  v.real("overlay_fps", s.overlay_fps, 0.1, 1000, "Playback speed of the overlay, frames/s.");
  choice(
      v, "predicted", s.predicted, kPredictedRows,
      "Rows of objects that are not seen. none. gaps: between two sightings of a track that agree in place, speed and\n"
      "size. all: also of a lost track, for track.predict_ms.");
  v.real("trail_ms", s.trail_ms, 0, 1e6, "Length of the trail behind an object, ms. 0: 30 drawn frames.");
}

}  // namespace

tracking::TrackerParameters tracker_parameters(const Config& config, double fps) {
  tracking::TrackerParameters parameters = config.track.parameters;
  parameters.predicted = config.output.predicted;
  if (parameters.lost_ms == 0) parameters.lost_ms = std::max(100.0, 20e3 / fps);
  return parameters;
}

tracking::BoxTrackerParameters box_tracker_parameters(const Config& config, double fps) {
  constexpr double kUsualFps = 30;
  const tracking::TrackerParameters& given = config.track.parameters;
  tracking::BoxTrackerParameters parameters;
  // As many frames of a fast camera are enough.
  const double share = std::min(1.0, kUsualFps / fps);
  parameters.lost_ms = given.lost_ms > 0 ? given.lost_ms : std::max(100.0, share * parameters.lost_ms);
  parameters.confirm_ms = given.confirm_ms > 0 ? given.confirm_ms : share * parameters.confirm_ms;
  parameters.predict_ms = config.output.predicted == tracking::PredictedRows::all ? given.predict_ms : 0;
  parameters.fill_gaps = config.output.predicted != tracking::PredictedRows::none;
  parameters.min_confidence = given.min_confidence;
  parameters.least_trust = config.track.box_trust;
  parameters.smooth_ms = config.pipeline.realtime ? 0 : share * config.track.box_smooth_ms;
  return parameters;
}

void visit_config(Config& config, schema::Visitor& visitor) {
  visit_input(config.input, visitor);
  visit_lens(config.lens, visitor);
  visit_plane(config.plane, visitor);
  visit_events(config.events, visitor);
  visit_segment(config.segment, visitor);
  visit_label(config.label, visitor);
  visit_classify(config.classify, visitor);
  visit_detect(config.detect, visitor);
  visit_track(config.track, visitor);
  visit_actions(config.actions, visitor);
  visit_pipeline(config.pipeline, visitor);
  visit_xrt(config.xrt, visitor);
  visit_cim(config.cim, visitor);
  visit_output(config.output, visitor);
}

}  // namespace flashcell::host
