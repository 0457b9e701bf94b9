#include "host/device/naming.hpp"

#include <gtest/gtest.h>

#include "pipeline/object_table.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

Config with_classifier(const std::string& model) {
  Config config;
  config.classify.model = (test::source_dir() / "quant_models/recipes/trained" / model / "int8.fcnn").string();
  return config;
}

/// What a namer says of one object in a picture of stripes.
std::vector<float> names(const NamerFactory& factory) {
  std::vector<uint8_t> pixels(64 * 64);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i / 64 * 16 + i % 7);
  ObjectTable table;
  contract::ObjectRecord object{};
  object.left = object.top = 10;
  object.right = object.bottom = 40;
  object.m00 = 31 * 31;
  object.m10 = object.m01 = 25 * object.m00;
  table.objects.push_back(object);
  factory()->name(Frame({pixels.data(), 64, 64, 64, PixelFormat::grey8}), table);
  std::vector<float> all;
  for (const auto& name : table.names) {
    all.push_back(static_cast<float>(name.best));
    all.push_back(name.confidence);
  }
  return all;
}

TEST(Naming, AFactoryOutlivesTheNamingItCameFrom) {
  auto naming = std::make_unique<Naming>(with_classifier("roi_mnist"));
  const std::vector<float> expected = names(naming->namer(8));
  ASSERT_FALSE(expected.empty());
  // A copy is made, asked, and becomes another: what it gave away must not change with it.
  auto copy = std::make_unique<Naming>(*naming);
  const NamerFactory factory = copy->namer(8);
  *copy = Naming(with_classifier("roi_crops"));
  EXPECT_NE(names(copy->namer(8)), expected);
  EXPECT_EQ(names(factory), expected);
  copy.reset();
  naming.reset();
  EXPECT_EQ(names(factory), expected);
}

}  // namespace
}  // namespace flashcell::host
