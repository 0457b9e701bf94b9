#include "quant_models/cim/device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.hpp"

namespace flashcell::quant::cim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage);
    EXPECT_THAT(e.what(), Not(HasSubstr("\n")));
    return e.what();
  }
  return "nothing";
}

TEST(ArrayDevice, EveryPresetIsWholeAndNamesItsSource) {
  EXPECT_GE(preset_names().size(), 10U);
  for (const std::string& name : preset_names()) {
    const ArrayDevice device = device_of(name);
    EXPECT_EQ(device.name, name);
    EXPECT_FALSE(device.source.empty());
    EXPECT_GT(device.cell.g_max, device.cell.g_min);
  }
}

TEST(ArrayDevice, AKeyThatIsMissingIsNamed) {
  for (const char* key : {"g_max", "rows", "sigma", "weight_bits"}) {
    std::string text = preset_text("fefet_generic");
    const size_t at = text.find(std::string("\n") + key + " =");
    ASSERT_NE(at, std::string::npos) << key;
    text.erase(at, text.find('\n', at + 1) - at);
    EXPECT_THAT(error_of([&] { read_device(text, "mine.toml"); }),
                AllOf(HasSubstr("mine.toml"), HasSubstr(key), HasSubstr("missing")));
  }
}

TEST(ArrayDevice, WrongKeysAndPresets) {
  EXPECT_THAT(error_of([] { device_of("nonsense"); }), AllOf(HasSubstr("nonsense"), HasSubstr("reram_milo_2021")));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,output.bit=4"); }), HasSubstr("did you mean `bits`"));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,output.bits=40"); }), HasSubstr("0..16"));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,output.bits"); }), HasSubstr("key=value"));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,cell.g_min=200"); }), HasSubstr("g_min"));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,output.range=fixed"); }), HasSubstr("output.bound"));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,time=soon"); }), HasSubstr("soon"));
  EXPECT_THAT(error_of([] { device_of("ideal_8bit,input.bits=0,input.cycle_bits=1"); }), HasSubstr("input.cycle_bits"));
}

TEST(ArrayDevice, ItsTextIsReadBackAsItIs) {
  for (const std::string& name : preset_names()) {
    ArrayDevice device = device_of(name + ",time=36h");
    device.layers = {{"conv1", 4, 0.25, 0}, {"fc", 0, 0, 6}};
    const std::string text = device_text(device);
    const ArrayDevice read = read_device(text, name + ".toml");
    EXPECT_EQ(device_text(read), text) << name;
    EXPECT_EQ(read.layers, device.layers) << name;
    EXPECT_EQ(read.seconds, 129600) << name;
    EXPECT_EQ(read.array.weight_bits, device.array.weight_bits) << name;
  }
}

TEST(ArrayDevice, LayersHaveBitsOfTheirOwn) {
  ArrayDevice device = device_of("ideal_8bit");
  device.layers = {{"a", 4, 0, 0}, {"b", 0, 0, 5}};
  EXPECT_EQ(device.of_layer("a").array.weight_bits, 4);
  EXPECT_EQ(device.of_layer("a").array.cell_bits, 3) << "the highest code is a full cell";
  EXPECT_EQ(device.of_layer("a").output.bits, 8);
  EXPECT_EQ(device.of_layer("b").output.bits, 5);
  EXPECT_EQ(device.of_layer("b").array.weight_bits, 8);
  EXPECT_EQ(device.of_layer("c").array.weight_bits, 8);
  const auto with = [](const std::string& layer) { return preset_text("ideal_8bit") + "\n[[layer]]\n" + layer; };
  EXPECT_THAT(error_of([&] { read_device(with("weight_bits = 4"), "mine.toml"); }), HasSubstr("lacks name"));
  EXPECT_THAT(error_of([&] { read_device(with("name = \"a\"\nweight_bits = 1"), "mine.toml"); }),
              HasSubstr("no room for a sign"));
  EXPECT_THAT(error_of([&] { read_device(with("name = \"a\"\nweight_bit = 4"), "mine.toml"); }),
              HasSubstr("weight_bits"));
}

TEST(ArrayDevice, ChangesOnTheCommandLine) {
  const ArrayDevice device = device_of("ideal_8bit,output.bits=6,array.mapping=offset,time=2d,wire.ohms=0.5");
  EXPECT_EQ(device.output.bits, 6);
  EXPECT_EQ(device.array.mapping, Mapping::offset);
  EXPECT_EQ(device.seconds, 172800);
  EXPECT_EQ(device.wire.ohms, 0.5);
  EXPECT_EQ(device.input.bits, 8);
}

TEST(ArrayDevice, Times) {
  EXPECT_EQ(seconds_of("1s"), 1);
  EXPECT_EQ(seconds_of("90"), 90);
  EXPECT_EQ(seconds_of("1.5 h"), 5400);
  EXPECT_EQ(seconds_of("1y"), 31557600);
  EXPECT_EQ(duration_text(86400), "1 d");
  EXPECT_EQ(duration_text(1), "1 s");
  EXPECT_THAT(error_of([] { seconds_of("1 parsec"); }), HasSubstr("parsec"));
}

}  // namespace
}  // namespace flashcell::quant::cim
