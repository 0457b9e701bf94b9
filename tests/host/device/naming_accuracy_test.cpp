// Digits that move through a generated scene, named by the network that came from marks on another such scene
// (quant_models/recipes/trained/roi_crops, made as docs/recognition.md says). Counted by object and by track.
#include <gtest/gtest.h>

#include <cstdio>

#include "host/inference/network.hpp"
#include "host/inference/roi/roi_namer.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/named_scene.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kScene =
    "synth:digits?objects=60&size=640x640&frames=100&fps=2000&radius=10..24&noise=6&blur=0.7&shutter=0.5&speed=0.2..2&"
    "start=apart&seed=23";

TEST(NamingAccuracy, DigitsOfASceneByANetworkFromMarksOnAnother) {
  const quant::PackedModel model =
      read_network(test::source_dir() / "quant_models/recipes/trained/roi_crops/int8.fcnn");
  const test::NamedScene scene =
      test::name_scene(kScene, {model.class_names, [&] { return make_roi_namer(model, {}, 8, 0); }});
  std::printf("%s: %.2f %% of %d objects, %.1f %% of %d tracks\n%s", model.name.c_str(), 100 * scene.objects.value(),
              scene.objects.all, 100 * scene.tracks.value(), scene.tracks.all, scene.rows.table().c_str());
  EXPECT_GT(scene.objects.all, 3000);
  EXPECT_GE(scene.objects.value(), 0.97);
  EXPECT_GE(scene.tracks.value(), 0.98);
}

}  // namespace
}  // namespace flashcell::host
