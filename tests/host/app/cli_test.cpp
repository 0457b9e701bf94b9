// The program as a user starts it: exit codes, messages, files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "quant_models/onnx/export.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Cli : public test::ProgramTest {
 protected:
  /// Tracks without the slow outputs.
  Outcome track(const std::string& input, std::vector<std::string> more = {}, rlim_t limit_bytes = 0) const {
    std::vector<std::string> arguments = {
        "track", input, "-o", (dir_ / "out").string(), "--output.overlay", "false", "--output.report", "false"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, limit_bytes);
  }

  /// A raw grey recording of `frames` frames; `pixel` gives each pixel's grey.
  template <class Pixel>
  std::vector<std::string> raw(int width, int height, int frames, Pixel pixel) const {
    std::ofstream file(dir_ / "frames.raw", std::ios::binary);
    for (int f = 0; f < frames; ++f) {
      for (int y = 0; y < height; ++y) {
        std::string row(width, '\0');
        for (int x = 0; x < width; ++x) row[x] = static_cast<char>(pixel(f, x, y));
        file << row;
      }
    }
    return {"--input.raw_width",  std::to_string(width),
            "--input.raw_height", std::to_string(height),
            "--input.fps",        "2000",
            "--segment.method",   "threshold"};
  }
  std::string raw_file() const { return (dir_ / "frames.raw").string(); }
  nlohmann::json summary() const { return test::parse_json(read_file(dir_ / "out" / "summary.json")); }
  std::string csv() const { return read_file(dir_ / "out" / "tracks.csv"); }
  /// The ids of each frame's rows.
  std::map<int, std::set<int>> ids_by_frame() const {
    std::map<int, std::set<int>> found;
    std::istringstream lines(csv());
    for (std::string line; std::getline(lines, line);) {
      int frame = 0, id = 0;
      if (std::sscanf(line.c_str(), "%d,%d,", &frame, &id) == 2) found[frame].insert(id);
    }
    return found;
  }
};

const char* const kScene = "synth:discs?objects=20&size=128x128&frames=60&fps=2000&seed=3";

TEST_F(Cli, HelpAndVersion) {
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_THAT(run({"--version"}).out, HasSubstr("flashcell"));
  for (const char* command : {"track", "tune", "calibrate", "learn", "detect", "eval", "synth", "train", "quantize",
                              "bench", "devices", "bitstream", "model", "cim", "config", "completion"}) {
    const Outcome outcome = run({command, "--help"});
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("--help")) << command;
  }
}

TEST_F(Cli, BitstreamCheckAndDevices) {
  std::ofstream(dir_ / "bad.xclbin") << "no xclbin at all";
  const Outcome bad = run({"bitstream", "check", (dir_ / "bad.xclbin").string()});
  EXPECT_EQ(bad.code, 3);
  EXPECT_THAT(bad.err, HasSubstr("not an xclbin"));
  EXPECT_EQ(run({"bitstream", "check", "/nonexistent"}).code, 3);
  EXPECT_EQ(run({"bitstream"}).code, 2);
  const Outcome devices = run({"devices", "--json"});
  EXPECT_EQ(devices.code, 0);
  EXPECT_TRUE(test::parse_json(devices.out).contains("devices"));
}

TEST_F(Cli, TrainStartsTheTrainingProgramOrSaysWhatToInstall) {
  const Outcome outcome = run({"train", (dir_ / "none.toml").string()});
  const bool built = fs::exists(test::build_dir() / "flashcell_train");
  EXPECT_EQ(outcome.code, built ? 3 : 2);
  EXPECT_THAT(outcome.err, HasSubstr(built ? "none.toml" : "libtorch-dev"));
}

TEST_F(Cli, WrongUsageIsExitCode2) {
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"trakc"}).code, 2);
  EXPECT_EQ(run({"track"}).code, 2);
  EXPECT_EQ(run({"track", kScene, "--no-such-option"}).code, 2);
  const Outcome outcome = track(kScene, {"--segment.threshold", "many"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--segment.threshold"));
}

TEST_F(Cli, ConfigTypoNamesTheLine) {
  std::ofstream(dir_ / "rig.toml") << "[segment]\nmethod = \"otsu\"\ntreshold = 3\n";
  const Outcome outcome = track(kScene, {"-c", (dir_ / "rig.toml").string()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("rig.toml:3"));
  EXPECT_THAT(outcome.err, HasSubstr("threshold"));
}

TEST_F(Cli, DefaultConfigIsAcceptedAsItIs) {
  std::ofstream(dir_ / "rig.toml") << run({"config", "--default"}).out;
  const Outcome outcome = track(kScene, {"-c", (dir_ / "rig.toml").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(Cli, TracksAGeneratedSceneTheSameOnEveryDeviceAndThreadCount) {
  std::string first;
  for (const char* device : {"cpu", "hls", "reference"}) {
    for (const char* threads : {"1", "2", "5"}) {
      const Outcome outcome = track(kScene, {"--pipeline.device", device, "--pipeline.threads", threads});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      // The header states the command.
      std::string rows;
      std::istringstream lines(csv());
      for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line[0] != '#') rows += line + '\n';
      }
      if (first.empty()) first = rows;
      EXPECT_GT(rows.size(), 1000u);
      EXPECT_TRUE(rows == first) << device << ", " << threads << " threads: other rows";
    }
  }
}

TEST_F(Cli, MissingInputIsExitCode3) {
  const Outcome outcome = track((dir_ / "nothing.avi").string());
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("nothing.avi"));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST_F(Cli, AFileThatIsNoRecordingIsExitCode3) {
  std::ofstream(dir_ / "text.avi") << "this is no video\n";
  const Outcome outcome = track((dir_ / "text.avi").string());
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("text.avi"));
}

TEST_F(Cli, UnreadableOutputFolder) {
  std::ofstream(dir_ / "out") << "a file stands where the folder should be\n";
  const Outcome outcome = track(kScene);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("out"));
}

TEST_F(Cli, TruncatedRecordingKeepsEveryWholeFrame) {
  const auto geometry = raw(
      64, 64, 10, [](int f, int x, int y) { return (x - 20 - f) * (x - 20 - f) + (y - 30) * (y - 30) < 50 ? 255 : 0; });
  fs::resize_file(raw_file(), 7 * 64 * 64 + 100);
  const Outcome outcome = track(raw_file(), geometry);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("frames.raw"));
  EXPECT_EQ(summary()["frames"], 7);
  EXPECT_THAT(csv(), HasSubstr("\n6,1,"));
}

TEST_F(Cli, ZeroFrames) {
  const auto geometry = raw(64, 64, 0, [](int, int, int) { return 0; });
  const Outcome outcome = track(raw_file(), geometry);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("frames.raw"));
}

TEST_F(Cli, OneFrame) {
  const auto geometry =
      raw(64, 64, 1, [](int, int x, int y) { return x > 20 && x < 30 && y > 20 && y < 30 ? 255 : 0; });
  const Outcome outcome = track(raw_file(), geometry);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(summary()["frames"], 1);
}

TEST_F(Cli, OnePixel) {
  const auto geometry = raw(1, 1, 5, [](int, int, int) { return 255; });
  const Outcome outcome = track(raw_file(), geometry);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(csv(), HasSubstr("\n4,1,"));
}

TEST_F(Cli, AllBlackHasNoObjects) {
  const auto geometry = raw(64, 64, 5, [](int, int, int) { return 0; });
  EXPECT_EQ(track(raw_file(), geometry).code, 0);
  EXPECT_EQ(summary()["objects"], 0);
}

TEST_F(Cli, AllWhiteIsOneObject) {
  const auto geometry = raw(64, 64, 5, [](int, int, int) { return 255; });
  EXPECT_EQ(track(raw_file(), geometry).code, 0);
  EXPECT_EQ(summary()["objects"], 5);
}

TEST_F(Cli, CheckerboardIsOneObjectWithEightNeighboursAndTooManyWithFour) {
  const auto geometry = raw(64, 64, 3, [](int, int x, int y) { return (x + y) % 2 == 0 ? 255 : 0; });
  EXPECT_EQ(track(raw_file(), geometry).code, 0);
  EXPECT_EQ(summary()["objects"], 3);
  auto four = geometry;
  four.insert(four.end(), {"--label.connectivity", "exact4"});
  const Outcome outcome = track(raw_file(), four);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(summary()["objects"], 3 * 1024);
  EXPECT_EQ(summary()["objects_lost"], 3 * 1024);
  EXPECT_THAT(outcome.err, HasSubstr("max_objects"));
}

TEST_F(Cli, LargestFrame) {
  const auto geometry = raw(4096, 4096, 2, [](int, int x, int y) { return x % 512 < 20 && y % 512 < 20 ? 255 : 0; });
  const Outcome outcome = track(raw_file(), geometry);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(summary()["objects"], 2 * 64);
}

TEST_F(Cli, AFullDiskIsOneLineAndWhatWasWrittenIsWhole) {
  const Outcome outcome = track("synth:discs?objects=20&size=128x128&frames=2000&fps=2000&seed=3", {}, 200'000);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("tracks.csv"));
  EXPECT_GT(csv().size(), 10'000u);
  EXPECT_LE(csv().size(), 200'000u);
}

TEST_F(Cli, KilledInTheMiddleTheRowsSoFarAreReadable) {
  const pid_t child = start({"track", "synth:discs?objects=20&size=128x128&frames=1000000&fps=2000&seed=3", "-o",
                             (dir_ / "out").string(), "--output.overlay", "false", "--output.report", "false",
                             "--segment.method", "threshold"});
  const fs::path file = dir_ / "out" / "tracks.csv";
  for (int i = 0; i < 600 && (!fs::exists(file) || fs::file_size(file) < 200'000); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  std::string text = csv();
  ASSERT_GT(text.size(), 100'000u);
  // A write that was under way may have cut its last line, as docs/formats.md says.
  text.resize(text.rfind('\n') + 1);
  std::istringstream lines(text);
  std::string line;
  size_t columns = 0, rows = 0;
  while (std::getline(lines, line)) {
    if (line[0] == '#') continue;
    const size_t commas = static_cast<size_t>(std::count(line.begin(), line.end(), ','));
    if (columns == 0) columns = commas;
    EXPECT_EQ(commas, columns);
    ++rows;
  }
  EXPECT_GT(rows, 500u);
}

TEST_F(Cli, SynthTrackEvalGoTogether) {
  ASSERT_EQ(
      run({"synth", "synth:discs?objects=10&size=256x256&frames=200&fps=2000&seed=5", "-o", (dir_ / "scene").string()})
          .code,
      0);
  Outcome outcome = track("synth:discs?objects=10&size=256x256&frames=200&fps=2000&seed=5", {"--output.mot", "true"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  outcome = run({"eval", (dir_ / "scene" / "gt.txt").string(), (dir_ / "out" / "tracks.txt").string(), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto metrics = test::parse_json(outcome.out);
  EXPECT_GT(metrics["OVERALL"]["IDF1"].get<double>(), 0.9) << outcome.out;
}

TEST_F(Cli, LearnedClassesNameTheObjects) {
  const std::string scene =
      "synth:discs+polygons?objects=8&size=256x256&frames=120&fps=2000&seed=5&radius=10..12&crossing=off&colour=off";
  ASSERT_EQ(run({"synth", scene, "-o", (dir_ / "scene").string()}).code, 0);
  // Marks: every 20th frame's visible objects, by the truth's class.
  std::istringstream truth(read_file(dir_ / "scene" / "truth.csv"));
  std::ofstream marks(dir_ / "marks.csv");
  marks << "frame,x,y,class\n";
  int discs = 0;
  for (std::string line; std::getline(truth, line);) {
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string f; std::getline(row, f, ',');) fields.push_back(f);
    if (line[0] == '#' || fields.size() < 12 || fields[0] == "frame" || std::stoi(fields[0]) % 20 != 0) continue;
    const bool disc = fields[11].find("disc") != std::string::npos;
    discs += disc;
    marks << fields[0] << ',' << fields[3] << ',' << fields[4] << ',' << (disc ? "disc" : "polygon") << '\n';
  }
  marks.close();
  ASSERT_GT(discs, 10);
  const std::string classes = (dir_ / "classes.json").string();
  Outcome outcome = run({"learn", scene, (dir_ / "marks.csv").string(), "-o", classes, "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto learned = test::parse_json(outcome.out);
  EXPECT_GE(learned["left_out_right"].get<int>(), learned["left_out_tried"].get<int>() * 3 / 4) << outcome.out;
  outcome = track(scene, {"--track.classes", classes});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(csv(), HasSubstr(",disc,"));
  EXPECT_THAT(csv(), HasSubstr(",polygon,"));
}

TEST_F(Cli, AMarkWithoutAnObjectNamesItsLine) {
  std::ofstream(dir_ / "marks.csv") << "frame,x,y,class\n3,-50,-50,nothing\n";
  const Outcome outcome = run({"learn", kScene, (dir_ / "marks.csv").string(), "-o", (dir_ / "c.json").string()});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("marks.csv:2"));
  EXPECT_FALSE(fs::exists(dir_ / "c.json"));
}

TEST_F(Cli, TuneDrawsAndProposesWhatTrackAccepts) {
  const Outcome outcome = run({"tune", kScene, "--auto", "-o", (dir_ / "sheet.png").string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GT(fs::file_size(dir_ / "sheet.png"), 5'000u);
  std::ofstream(dir_ / "rig.toml") << outcome.out;
  const Outcome tracked = track(kScene, {"-c", (dir_ / "rig.toml").string()});
  EXPECT_EQ(tracked.code, 0) << tracked.err;
  EXPECT_GE(summary()["tracks"].get<int>(), 10);
}

TEST_F(Cli, TuneCountsAndDrawsWhatIsLeftOut) {
  const auto tuned = [&](const std::string& name, const char* least, const char* most) {
    const Outcome outcome = run({"tune", kScene, "-n", "3", "--no-page", "--json", "--segment.method", "threshold",
                                 "--label.min_area", least, "--label.max_area", most, "-o", (dir_ / name).string()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return test::parse_json(outcome.out);
  };
  const auto all = tuned("all.png", "1", "0"), small = tuned("small.png", "1", "30"),
             none = tuned("none.png", "0", "0");
  const auto sum = [](const nlohmann::json& j) {
    int n = j["left_out"]["too_small"].get<int>() + j["left_out"]["too_large"].get<int>();
    for (const auto& objects : j["objects_per_frame"]) n += objects.get<int>();
    return n;
  };
  EXPECT_EQ(all["left_out"]["too_large"], 0);
  EXPECT_TRUE(all["warnings"].empty());
  EXPECT_EQ(none["left_out"], all["left_out"]);
  EXPECT_GT(small["left_out"]["too_large"], 0);
  EXPECT_EQ(small["left_out"]["too_small"], 0);
  EXPECT_EQ(sum(small), sum(all));
  EXPECT_EQ(small["warnings"].size(), 1u) << small;
  EXPECT_THAT(
      run({"tune", kScene, "--no-page", "--auto", "--label.max_area", "0", "-o", (dir_ / "a.png").string()}).out,
      HasSubstr("\nmax_area = 0\n"));
  std::ifstream drawn(dir_ / "small.png", std::ios::binary), other(dir_ / "all.png", std::ios::binary);
  EXPECT_NE(std::string(std::istreambuf_iterator<char>(drawn), {}),
            std::string(std::istreambuf_iterator<char>(other), {}));
}

TEST_F(Cli, TunesPageHoldsFramesAndSettingsAndNeedsNothingElse) {
  ASSERT_EQ(run({"tune", kScene, "-n", "3", "--segment.method", "threshold", "-o", (dir_ / "sheet.png").string()}).code,
            0);
  std::ifstream file(dir_ / "sheet.html");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  const std::string begin = "<script>const D = ";
  const size_t at = page.find(begin);
  ASSERT_NE(at, std::string::npos);
  const auto data = test::parse_json(page.substr(at + begin.size(), page.find(";</script>", at) - at - begin.size()));
  EXPECT_EQ(data.at("frames").size(), 3u);
  EXPECT_EQ(data.at("config").at("method"), "threshold");
  for (const auto& frame : data.at("frames")) {
    EXPECT_GT(frame.at("objects").get<int>(), 0);
    EXPECT_THAT(frame.at("grey").get<std::string>(), testing::StartsWith("data:image/png;base64,"));
  }
  EXPECT_EQ(page.find("http"), std::string::npos) << "it loads nothing";
  ASSERT_EQ(run({"tune", kScene, "--no-page", "-o", (dir_ / "other.png").string()}).code, 0);
  EXPECT_FALSE(fs::exists(dir_ / "other.html"));
}

/// What the page that tune writes saves as configuration: its own script, without a browser.
class TunePageSaves : public Cli {
 protected:
  /// Tunes with these words, and returns the file that the page saves.
  std::string saved(std::vector<std::string> words) {
    words.insert(words.end(), {"-n", "1", "-o", path("sheet.html")});
    EXPECT_EQ(run(words).code, 0);
    EXPECT_TRUE(fs::exists(path("sheet.png")));
    const std::string page = read_file(path("sheet.html")), open = "<script>", close = "</script>";
    std::ofstream script(path("page.js"));
    script << "const any = new Proxy(function () {}, {get: () => any, set: () => true, apply: () => any});\n"
              "globalThis.document = any; globalThis.Image = globalThis.Option = class {};\n";
    for (size_t at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
      const size_t from = at + open.size();
      script << page.substr(from, page.find(close, from) - from) << "\n";
    }
    script << "process.stdout.write(toml());\n";
    script.close();
    EXPECT_EQ(std::system(("node '" + path("page.js") + "' > '" + path("saved.toml") + "'").c_str()), 0);
    return path("saved.toml");
  }
  void SetUp() override {
    Cli::SetUp();
    if (std::system("node --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs node";
  }
};

TEST_F(TunePageSaves, TheRegionsThatItWasGiven) {
  std::ofstream(path("rig.toml"))
      << "[[segment.region]]\nname = \"a \\\"dish\\\"\"\ncircle = [40, 40.25, 30]\ncount = 3\n"
         "[[segment.region]]\ninclude = false\nrectangle = [1, 2, 3.5, 4]\n"
         "[[segment.region]]\npoints = [[70, 70], [99, 70], [80, 99]]\n"
         "[[segment.region]]\nrectangle = [80, 10, 40, 40]\ngrid = [2, 3]\nwell = \"rectangle\"\n"
         "gap = 1.5\ncount = \"0..2\"\n";
  const auto regions = [&](const std::string& file) {
    const std::string printed = run({"config", file}).out;
    const size_t begin = printed.find("[[segment.region]]");
    EXPECT_NE(begin, std::string::npos) << file;
    return printed.substr(begin, printed.find("[label]") - begin);
  };
  const std::string file = saved({"tune", kScene, "-c", path("rig.toml")});
  EXPECT_EQ(regions(file), regions(path("rig.toml")));
  EXPECT_THAT(read_file(file), Not(HasSubstr("[track]")));
}

TEST_F(TunePageSaves, FrameRateAndCount) {
  const std::string text = read_file(saved({"tune", kScene, "--fps", "12.5", "--count", "2..5"}));
  EXPECT_THAT(text, AllOf(HasSubstr("[input]\nfps = 12.5\n"), HasSubstr("[track]\ncount = \"2..5\"\n")));
  EXPECT_EQ(run({"config", path("saved.toml")}).code, 0);
  const std::string without = read_file(saved({"tune", kScene}));
  EXPECT_THAT(without, AllOf(Not(HasSubstr("fps")), Not(HasSubstr("[track]"))));
}

TEST_F(Cli, TracksDetectionsFromAFile) {
  std::ofstream det(dir_ / "det.txt");
  for (int f = 1; f <= 30; ++f)
    det << f << ",-1," << 10 + 3 * f << ",20,30,40,0.9,-1,-1,-1\n"
        << f << ",-1," << 400 - 2 * f << ",120,30,40,0.8,-1,-1,-1\n";
  det.close();
  EXPECT_EQ(run({"track", "--detections", (dir_ / "det.txt").string(), "-o", (dir_ / "out").string()}).code, 2)
      << "no frame rate";
  const Outcome outcome = run({"track", "--detections", (dir_ / "det.txt").string(), "--fps", "25", "-o",
                               (dir_ / "out").string(), "--output.mot", "true"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(summary()["tracks"], 2);
  const std::string rows = read_file(dir_ / "out" / "tracks.txt");
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 60);
  std::ofstream(dir_ / "bad.txt") << "1,-1,10,20,30,40,0.9,-1,-1,-1\n1,-1,10,20,thirty,40,0.9,-1,-1,-1\n";
  const Outcome bad =
      run({"track", "--detections", (dir_ / "bad.txt").string(), "--fps", "25", "-o", (dir_ / "out").string()});
  EXPECT_EQ(bad.code, 3);
  EXPECT_THAT(bad.err, HasSubstr("bad.txt:2"));
}

TEST_F(Cli, RealtimeAccountsForEveryFrame) {
  const Outcome outcome = track("synth:discs?objects=20&size=128x128&frames=300&fps=1000&seed=3", {"--realtime"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto s = summary();
  EXPECT_EQ(s["frames"].get<int>() + s["frames_dropped_by_cause"]["overrun"].get<int>(), 300);
  EXPECT_THAT(csv(), HasSubstr("host_time_ns"));
}

// Discs are lost behind bars again and again.
TEST_F(Cli, RealtimeKeepsTheCount) {
  const std::string scene =
      "synth:discs?objects=4&size=160x160&frames=900&fps=1500&radius=4..10&speed=0.2..0.5&crossing=off&occluders=4&"
      "seed=2";
  std::vector<std::string> options = {"--track.lost_ms",     "10", "--segment.method", "threshold",
                                      "--segment.threshold", "100"};
  ASSERT_EQ(track(scene, options).code, 0);
  EXPECT_GT(summary()["tracks"].get<int>(), 8) << "the scene tries nothing";

  options.insert(options.end(), {"--realtime", "--count", "4"});
  const Outcome outcome = track(scene, options);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(csv(), HasSubstr("id_confidence"));
  EXPECT_LE(summary()["tracks"].get<int>(), 4);
  for (const auto& [frame, ids] : ids_by_frame()) {
    EXPECT_LE(*ids.rbegin(), 4) << "frame " << frame;
    EXPECT_LE(ids.size(), 4u) << "frame " << frame;
  }
}

TEST_F(Cli, EveryOutputIsThere) {
  const Outcome outcome =
      run({"track", kScene, "-o", (dir_ / "out").string(), "--output.mot", "true", "--output.hdf5", "true"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* name : {"tracks.csv", "tracks.txt", "tracks.h5", "summary.json", "report.html"})
    EXPECT_GT(fs::file_size(dir_ / "out" / name), 100u) << name;
  EXPECT_LE(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 6) << outcome.out;
}

TEST_F(Cli, BenchPrintsFiguresAsJson) {
  const Outcome outcome = run({"bench", "-n", "10", "-t", "1", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto j = test::parse_json(outcome.out);
  EXPECT_GE(j["cases"].size(), 15u);
  for (const auto& c : j["cases"]) EXPECT_GT(c["frames_per_s"].get<double>(), 0) << c["name"];
}

TEST_F(Cli, BenchPrintsTheKernelsClocksAsJson) {
  const Outcome outcome = run({"bench", "--device", "hls", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto j = test::parse_json(outcome.out);
  EXPECT_THAT(j["model"].get<std::string>(), HasSubstr("not synthesized"));
  EXPECT_GE(j["cases"].size(), 20u);
  for (const auto& c : j["cases"]) {
    EXPECT_EQ(c["objects"].get<int>() > 0, c["scene"] != "no foreground");
    EXPECT_FALSE(c["stages"].empty());
    EXPECT_GT(c["cycles_per_frame"].get<double>(), 0);
    EXPECT_NEAR(c["pixels_per_clock"].get<double>() * c["cycles_per_frame"].get<double>(), 512 * 512, 1);
    for (const auto& fifo : c["fifos"]) EXPECT_LE(fifo["highest_fill"].get<int>(), fifo["depth"].get<int>()) << fifo;
  }
}

TEST_F(Cli, ModelInspectPrintsEveryLayer) {
  namespace quant = flashcell::quant;
  quant::Graph graph;
  const quant::NodeId x = graph.add("picture", quant::Input{{1, 2, 8, 8}});
  quant::Convolution layer{{{4, 2, 3, 3}, std::vector<float>(72, 0.5F)}, {}, {}, {1, 1, 1, 1}};
  layer.weight_quantization = quant::weight_quantization(4, {0.5F});
  const quant::NodeId y = graph.add("the layer", layer, {x});
  graph.set_quantization(y, quant::signed_quantization(8, 0.1F));
  graph.add_output("scores", y);
  const std::string file = (dir_ / "model.onnx").string();
  quant::export_onnx(graph, file);
  const Outcome text = run({"model", "inspect", file});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("the layer"), HasSubstr("convolution 3x3"), HasSubstr("4608"), HasSubstr("1x4x8x8")));
  const Outcome json = run({"model", "inspect", file, "--json"});
  ASSERT_EQ(json.code, 0) << json.err;
  const auto j = test::parse_json(json.out);
  EXPECT_EQ(j["total"]["macs"], 8 * 8 * 72);
  EXPECT_EQ(j["total"]["parameter_bits"], 4 * 72);
  EXPECT_EQ(j["nodes"][1]["stored_weight_bits"], 4);
  EXPECT_EQ(j["nodes"][1]["stored_value_bits"], 8);
  EXPECT_TRUE(j["nodes"][0]["stored_value_bits"].is_null());
  EXPECT_EQ(j["outputs"][0]["name"], "scores");
}

TEST_F(Cli, ModelInspectFoldsBatchNormalizationUnlessAskedToKeepIt) {
  namespace quant = flashcell::quant;
  quant::Graph graph;
  quant::NodeId x = graph.add("picture", quant::Input{{1, 2, 8, 8}});
  x = graph.add("conv", quant::Convolution{{{1, 2, 1, 1}, {0.5F, 2}}, {}}, {x});
  const quant::Tensor one{{1}, {1}};
  graph.add_output("y", graph.add("norm", quant::BatchNormalization{one, one, one, one}, {x}));
  const std::string file = (dir_ / "model.onnx").string();
  quant::export_onnx(graph, file);
  EXPECT_THAT(run({"model", "inspect", file}).out, HasSubstr("batch normalization"));
  EXPECT_THAT(run({"model", "inspect", file, "--fold"}).out, Not(HasSubstr("batch normalization")));
  EXPECT_THAT(run({"model", "inspect", file, "--fold", "--keep-batch-norm"}).out, HasSubstr("batch normalization"));
  EXPECT_EQ(run({"model", "inspect", file, "--keep-batch-norm"}).code, 2);
}

TEST_F(Cli, ModelInspectRefusesADamagedFileInOneLine) {
  std::ofstream(dir_ / "broken.onnx") << "no model at all";
  for (const char* name : {"broken.onnx", "absent.onnx"}) {
    const Outcome outcome = run({"model", "inspect", (dir_ / name).string()});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(name));
  }
  EXPECT_EQ(run({"model", "inspect"}).code, 2);
}

TEST_F(Cli, CompletionOffersEverySubcommand) {
  const std::string text = run({"completion"}).out;
  for (const char* command :
       {"track", "tune", "calibrate", "learn", "detect", "eval", "synth", "bench", "config", "model"})
    EXPECT_THAT(text, HasSubstr(command));
}

}  // namespace
}  // namespace flashcell
