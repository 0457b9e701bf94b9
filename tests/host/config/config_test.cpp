#include "host/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& toml) {
  Config config;
  try {
    parse_config(toml, "rig.toml", config);
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage);
    return e.what();
  }
  return "no error";
}

TEST(Config, DefaultPrintsAndReadsBackAsItself) {
  const std::string text = print_config(Config{}, true);
  Config config;
  config.segment.parameters.threshold = 7;  // must be overwritten
  parse_config(text, "default", config);
  EXPECT_EQ(print_config(config, true), text);
}

TEST(Config, EveryKeySurvivesARoundTrip) {
  Config config;
  config.input.unit = "a \"quoted\" \\ unit\n";
  config.input.scale_points = {{1.5, -2}, {300, 4}};
  config.lens = {600.125, 601, 320, 240, -0.3, 1e-7, 0.001, -0.002, 0.1, 640, 480};
  config.plane.homography = {0.1, 1e-9, -3, 0.01, 0.2, 5e11, 0, -0.0001, 1};
  config.segment.automatic = false;
  config.segment.parameters.method = SegmentMethod::colour;
  config.segment.parameters.classes = {{"red", 240, 10, 100, 255, 50, 255}, {"blue", 150, 180, 90, 200, 20, 200}};
  config.segment.parameters.regions = {{true, {{0, 0}, {100.5, 0}, {50, 80.25}}}, {false, {{1, 1}, {2, 1}, {2, 2}}}};
  config.track.parameters.lost_ms = 12.5;
  config.track.parameters.count = {2, 5};
  const std::string text = print_config(config, false);
  Config back;
  parse_config(text, "round trip", back);
  EXPECT_EQ(print_config(back, false), text);
  ASSERT_EQ(back.segment.parameters.classes.size(), 2u);
  EXPECT_EQ(back.segment.parameters.classes[0].hue_low, 240);
  ASSERT_EQ(back.segment.parameters.regions.size(), 2u);
  EXPECT_FALSE(back.segment.parameters.regions[1].include);
  EXPECT_EQ(back.input.unit, config.input.unit);
  EXPECT_EQ(back.input.scale_points, config.input.scale_points);
  EXPECT_EQ(back.plane.homography, config.plane.homography);
  EXPECT_EQ(back.lens.k2, 1e-7);
}

/// Sets one key from each name of the table and says what came of it.
template <class Entry, size_t kCount, class Get>
void expect_names(const char* key, const Entry (&table)[kCount], Get get) {
  for (const auto& [value, name] : table) {
    Config config;
    set_config_key(key, name, config);
    EXPECT_EQ(get(config), value) << key << " = " << name;
    EXPECT_THAT(print_config(config, false), HasSubstr(std::string(" = \"") + name + '"')) << key;
  }
}

TEST(Config, ANameStandsForItsValue) {
  expect_names("pipeline.device", kDeviceKinds, [](const Config& c) { return c.pipeline.device; });
  expect_names("segment.method", kSegmentMethods, [](const Config& c) { return c.segment.parameters.method; });
  expect_names("segment.polarity", kPolarities, [](const Config& c) { return c.segment.parameters.polarity; });
  expect_names("label.connectivity", contract::kConnectivities, [](const Config& c) { return c.label.connectivity; });
  expect_names("output.predicted", kPredictedRows, [](const Config& c) { return c.output.predicted; });
  expect_names("detect.objects", kDetectionUses, [](const Config& c) { return c.detect.objects; });
  for (const contract::FeatureDescription& feature : contract::kFeatures) {
    Config config;
    ASSERT_EQ(config.label.features, contract::kAllFeatures);
    set_config_key(std::string("label.") + feature.name, "false", config);
    EXPECT_EQ(config.label.features, contract::kAllFeatures & ~feature.bit);
    set_config_key(std::string("label.") + feature.name, "true", config);
    EXPECT_EQ(config.label.features, contract::kAllFeatures);
  }
}

TEST(Config, SectionsCanBePrintedAlone) {
  Config config;
  config.segment.parameters.classes = {{"[track]", 240, 10, 100, 255, 50, 255}};
  config.segment.parameters.regions = {{true, {{0, 0}, {100.5, 0}, {50, 80.25}}}};
  config.classify.model = "[segment]";
  const std::string text = print_config(config, false, {"segment", "label"});
  EXPECT_THAT(text, testing::StartsWith("[segment]\n"));
  EXPECT_THAT(text, HasSubstr("\n[label]\n"));
  for (const char* other : {"[input]", "[classify]", "[detect]", "\n[track]\n", "[pipeline]", "[output]"})
    EXPECT_THAT(text, testing::Not(HasSubstr(other)));
  Config back;
  parse_config(text, "part", back);
  EXPECT_EQ(print_config(back, false, {"segment", "label"}), text);
}

TEST(Config, LettersOutsideOfStringsAreSyntaxErrors) {
  // Of every plane that toml++'s table of blanks tells apart.
  for (const char* letter : {"é", "Ӛ", "ᚁ", "⇒", "ꀀ", "｡", "🐜"}) {
    EXPECT_THAT(error_of(std::string("[input]\nunit = ") + letter + "m\n"), HasSubstr("rig.toml:2"));
    EXPECT_THAT(error_of(std::string("[input]\n") + letter + " = 1\n"), HasSubstr("rig.toml:2"));
  }
}

TEST(Config, TextThatTomlCannotHoldIsRefused) {
  Config config;
  try {
    set_config_key("input.unit", "\xB5m", config);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage);
    EXPECT_THAT(e.what(), HasSubstr("is not UTF-8"));
  }
  EXPECT_EQ(error_of("[input]\nunit = \"\xB5m\"\n").find("internal"), std::string::npos);
  config.input.unit =
      "\x7F\xC2\x9B"
      "31m µ";
  const std::string text = print_config(config, false);
  EXPECT_EQ(text.find('\x7F'), std::string::npos);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
  Config back;
  parse_config(text, "control", back);
  EXPECT_EQ(back.input.unit, config.input.unit);
}

TEST(Config, UnknownKeyNamesLineAndSuggestion) {
  const std::string line = error_of("[segment]\nmethod = \"otsu\"\ntreshold = 4\n");
  EXPECT_THAT(line, HasSubstr("rig.toml:3"));
  EXPECT_THAT(line, HasSubstr("segment.treshold"));
  EXPECT_THAT(line, HasSubstr("`threshold`"));
}

TEST(Config, UnknownSectionIsAnError) {
  EXPECT_THAT(error_of("[tracking]\nlost_ms = 4\n"), HasSubstr("[tracking] is not a section"));
}

TEST(Config, WrongTypeNamesLine) {
  const std::string line = error_of("[segment]\n\nthreshold = \"high\"\n");
  EXPECT_THAT(line, HasSubstr("rig.toml:3"));
  EXPECT_THAT(line, HasSubstr("a whole number"));
}

TEST(Config, OutOfRangeNamesRange) {
  EXPECT_THAT(error_of("[label]\nmin_cell_pixels = 65\n"), HasSubstr("1..64"));
  EXPECT_THAT(error_of("[track]\nlost_ms = nan\n"), HasSubstr("must be in"));
}

TEST(Config, WrongChoiceListsChoices) {
  EXPECT_THAT(error_of("[segment]\nmethod = \"ots\"\n"), HasSubstr("auto, threshold, otsu"));
}

TEST(Config, SyntaxErrorNamesLine) {
  EXPECT_THAT(error_of("[segment]\nmethod = \n"), HasSubstr("rig.toml:2"));
}

TEST(Config, ClassesAndRegionsAreChecked) {
  EXPECT_THAT(error_of("[[segment.class]]\nhue = [0, 10]\n"), HasSubstr("needs a name"));
  EXPECT_THAT(error_of("[[segment.class]]\nname = \"a\"\nhue = [0, 256]\n"), HasSubstr("0..255"));
  EXPECT_THAT(error_of("[[segment.class]]\nname = \"a\"\nvalue = [9, 8]\n"), HasSubstr("low must not be above high"));
  const std::string first = "[[segment.class]]\nname = \"a\"\n";
  EXPECT_THAT(error_of(first + "[[segment.class]]\nname = \"b\"\nhue = [0, 256]\n"),
              HasSubstr(":5: segment.class.hue is"))
      << "the second table is called as the first";
  EXPECT_THAT(error_of("[[segment.region]]\npoints = [[0, 0], [1, 1]]\n"), HasSubstr("at least three"));
}

TEST(Config, AFailedLoadLeavesTheConfigAlone) {
  Config config;
  const std::string before = print_config(config, false);
  EXPECT_THROW(parse_config("[segment]\nthreshold = 3\nnonsense = 1\n", "rig.toml", config), Error);
  EXPECT_EQ(print_config(config, false), before);
}

TEST(Config, KeysCanBeSetOneByOne) {
  Config config;
  set_config_key("segment.method", "adaptive", config);
  set_config_key("segment.threshold", "90", config);
  set_config_key("track.lost_ms", "2.5", config);
  set_config_key("output.hdf5", "true", config);
  EXPECT_FALSE(config.segment.automatic);
  EXPECT_EQ(config.segment.parameters.method, SegmentMethod::adaptive);
  EXPECT_EQ(config.segment.parameters.threshold, 90);
  EXPECT_EQ(config.track.parameters.lost_ms, 2.5);
  EXPECT_TRUE(config.output.hdf5);
  try {
    set_config_key("segment.threshold", "x", config);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("--segment.threshold: "));
  }
}

TEST(Config, ACountIsANumberOrARange) {
  Config config;
  set_config_key("track.count", "2", config);
  EXPECT_EQ(config.track.parameters.count, (tracking::ObjectCount{2, 2}));
  set_config_key("track.count", "2..5", config);
  EXPECT_EQ(config.track.parameters.count, (tracking::ObjectCount{2, 5}));
  EXPECT_THAT(print_config(config, false), HasSubstr("count = \"2..5\"\n"));
  parse_config("[track]\ncount = 3\n", "rig.toml", config);
  EXPECT_EQ(config.track.parameters.count, (tracking::ObjectCount{3, 3}));
  set_config_key("track.count", "", config);
  EXPECT_FALSE(config.track.parameters.count.known());
  EXPECT_THAT(error_of("[track]\ncount = \"5..2\"\n"), HasSubstr("rig.toml:2: track.count: \"5..2\" begins above"));
  EXPECT_THAT(error_of("[track]\ncount = -1\n"), HasSubstr("track.count: \"-1\" is no number of objects"));
  for (const char* wrong : {"1.5", "2.0", "true", "[ 2, 5 ]", "2024-01-02"}) {
    EXPECT_THAT(error_of("[track]\ncount = " + std::string(wrong) + "\n"),
                HasSubstr("rig.toml:2: track.count: \"" + std::string(wrong) +
                          "\" is no number of objects: write 2, or "
                          "2..5 for two to five, at most 1048576; each [[segment.region]] may have its own instead"));
  }
  EXPECT_THAT(error_of("[track]\ncount = 0\n"), HasSubstr("track.count: \"0\" counts nothing: write 2, or 2..5"));
  EXPECT_THAT(error_of("[track]\ncount = { least = 2 }\n"), HasSubstr("text in quotes"));
}

TEST(Config, ARegionHasOneOfSeveralShapes) {
  const std::string text =
      "[[segment.region]]\nname = \"arena\"\ncircle = [100, 80.5, 60]\ncount = \"1..2\"\n"
      "[[segment.region]]\ninclude = false\nrectangle = [1, 2, 3, 4]\n"
      "[[segment.region]]\nrectangle = [10, 20, 300, 200]\ngrid = [5, 4]\nwell = \"rectangle\"\ngap = 2\ncount = 1\n"
      "[[segment.region]]\npoints = [[0, 0], [9, 0], [9, 9]]\n";
  Config config;
  parse_config(text, "rig.toml", config);
  const std::vector<SegmentRegion>& regions = config.segment.parameters.regions;
  ASSERT_EQ(regions.size(), 4u);
  EXPECT_EQ(regions[0].circle, (std::vector<double>{100, 80.5, 60}));
  EXPECT_EQ(regions[0].count, (tracking::ObjectCount{1, 2}));
  EXPECT_EQ(regions[2].grid, (std::vector<double>{5, 4}));
  EXPECT_EQ(regions[2].well, WellShape::rectangle);
  EXPECT_EQ(shapes_of(regions).size(), 23u);
  const std::string printed = print_config(config, false);
  Config back;
  parse_config(printed, "round trip", back);
  EXPECT_EQ(print_config(back, false), printed);
  EXPECT_EQ(back.segment.parameters.regions[2].gap, 2);
  EXPECT_EQ(back.segment.parameters.regions[2].count, (tracking::ObjectCount{1, 1}));
  EXPECT_EQ(back.segment.parameters.regions[0].name, "arena");

  EXPECT_THAT(error_of("[[segment.region]]\ncircle = [1, 2]\n"),
              HasSubstr("rig.toml:2: segment.region.circle must be a list of 3"));
  EXPECT_THAT(error_of("[[segment.region]]\nname = \"x\"\n"), HasSubstr("rig.toml:1: [[segment.region]] has no shape"));
  EXPECT_THAT(error_of("[[segment.region]]\ncircle = [1, 2, 3]\nrectangle = [1, 2, 3, 4]\n"),
              HasSubstr("has 2 shapes"));
  EXPECT_THAT(error_of("[[segment.region]]\ncircle = [1, 2, 3]\ncount = \"x\"\n"), HasSubstr("segment.region.count"));
  EXPECT_THAT(error_of("[[segment.region]]\ncircle = [1, 2, 3]\nname = \"a\"\n[[segment.region]]\ncircle = [1, 2, "
                       "3]\nname = \"a\"\n"),
              HasSubstr("rig.toml:4: [[segment.region]] is the second one called \"a\""));
}

TEST(Config, TheWholePicturesCountIsThatOfItsRegions) {
  Config config;
  parse_config(
      "[[segment.region]]\nrectangle = [0, 0, 100, 80]\ngrid = [5, 4]\ncount = 1\n"
      "[[segment.region]]\ncircle = [200, 40, 30]\ncount = \"0..2\"\n",
      "rig.toml", config);
  EXPECT_NO_THROW(check_counts(config));
  set_config_key("track.count", "20..22", config);
  EXPECT_NO_THROW(check_counts(config));
  set_config_key("track.count", "20", config);
  EXPECT_THAT([&] { check_counts(config); },
              testing::ThrowsMessage<Error>(HasSubstr("track.count is \"20\", and the counts of the regions are "
                                                      "\"20..22\" together")));
  config.segment.parameters.regions[1].count = {};
  EXPECT_THAT([&] { check_counts(config); }, testing::ThrowsMessage<Error>(HasSubstr("region 2")));
}

TEST(Config, PredictionsLongerThanATrackLastsAreNamed) {
  Config config;
  const auto unmet = [&](double fps, bool boxes = false) { return unmet_prediction(config, fps, boxes); };
  EXPECT_EQ(unmet(2000), "");
  config.track.parameters.predict_ms = 100;
  EXPECT_EQ(unmet(2000), "") << "lost_ms is 100 there unless told otherwise";
  config.track.parameters.predict_ms = 101;
  EXPECT_THAT(unmet(2000), AllOf(HasSubstr("track.predict_ms is 101"), HasSubstr("track.lost_ms, 100 at this frame"),
                                 HasSubstr("add --track.lost_ms 101")));
  EXPECT_EQ(unmet(25), "") << "and 800 ms there";
  EXPECT_EQ(unmet(25, true), "") << "of boxes 1000 ms";
  config.track.parameters.lost_ms = 50;
  EXPECT_THAT(unmet(25), HasSubstr("track.lost_ms, 50:"));
  EXPECT_THAT(unmet(25, true), HasSubstr("track.lost_ms, 50:"));
  config.output.predicted = tracking::PredictedRows::gaps;
  EXPECT_THAT(unmet(25), AllOf(HasSubstr("output.predicted = \"gaps\" leaves out"), HasSubstr("\"all\"")));
}

TEST(Config, MissingFileSaysHowToMakeOne) {
  Config config;
  try {
    load_config("/nonexistent/rig.toml", config);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("config --default"));
  }
}

TEST(Config, EveryKeyIsOfferedOnTheCommandLine) {
  for (const ConfigKey& key : config_keys()) {
    EXPECT_THAT(print_config(Config{}, true), HasSubstr(key.name.substr(key.name.find('.') + 1)));
    EXPECT_FALSE(key.help.empty()) << key.name;
  }
}

}  // namespace
}  // namespace flashcell::host
