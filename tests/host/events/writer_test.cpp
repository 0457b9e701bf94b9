// What the writers write, read back by decoders that share nothing with them: EVT3 word by word, AEDAT 4 by following
// FlatBuffers' offsets.
#include "host/events/event_writer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/synth/random.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

template <class Number>
Number number_at(const std::string& bytes, size_t offset) {
  Number number{};
  if (offset + sizeof number > bytes.size()) {
    ADD_FAILURE() << "byte " << offset << " of " << bytes.size();
    return number;
  }
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

/// EVT3 by its description, one word after the other.
std::vector<Event> decode_evt3(const std::string& bytes) {
  size_t at = 0;
  while (at < bytes.size() && bytes[at] == '%') at = bytes.find('\n', at) + 1;
  std::vector<Event> events;
  int64_t wraps = 0, high = -1, low = 0;
  int y = -1, base = 0;
  bool vector_on = false;
  for (; at + 2 <= bytes.size(); at += 2) {
    const unsigned word = number_at<uint16_t>(bytes, at), value = word & 0xFFF;
    const int64_t time = (wraps << 24) + (high << 12) + low;
    const auto vector = [&](int pixels) {
      for (int i = 0; i < pixels; ++i)
        if ((value >> i & 1) != 0)
          events.push_back({time, static_cast<uint16_t>(base + i), static_cast<uint16_t>(y), vector_on});
      base += pixels;
    };
    switch (word >> 12) {
      case 0x0:
        y = static_cast<int>(value & 0x7FF);
        break;
      case 0x2:
        events.push_back({time, static_cast<uint16_t>(value & 0x7FF), static_cast<uint16_t>(y), value >> 11 != 0});
        break;
      case 0x3:
        base = static_cast<int>(value & 0x7FF);
        vector_on = value >> 11 != 0;
        break;
      case 0x4:
        vector(12);
        break;
      case 0x5:
        vector(8);
        break;
      case 0x6:
        low = value;
        break;
      case 0x8:
        if (high > value) ++wraps;
        high = value;
        low = 0;
        break;
      default:
        ADD_FAILURE() << "word of kind " << (word >> 12);
    }
  }
  return events;
}

/// A FlatBuffers table behind its size, from byte `begin` of a file.
class Table {
 public:
  Table(const std::string& bytes, size_t begin, const std::string& identifier) : bytes_(bytes) {
    EXPECT_EQ(bytes.substr(begin + 8, 4), identifier);
    size_ = number_at<uint32_t>(bytes, begin) + 4;
    at_ = begin + 4 + number_at<uint32_t>(bytes, begin + 4);
  }
  Table(const std::string& bytes, size_t at) : bytes_(bytes), at_(at) {}

  size_t size() const { return size_; }
  size_t field(int index) const {
    const size_t fields = at_ - static_cast<size_t>(number_at<int32_t>(bytes_, at_));
    EXPECT_GE(number_at<uint16_t>(bytes_, fields), 4 + 2 * (index + 1));
    return at_ + number_at<uint16_t>(bytes_, fields + 4 + 2 * static_cast<size_t>(index));
  }
  size_t reference(int index) const { return field(index) + number_at<uint32_t>(bytes_, field(index)); }

 private:
  const std::string& bytes_;
  size_t at_, size_ = 0;
};

std::vector<Event> decode_aedat4(const std::string& bytes) {
  std::vector<Event> events;
  EXPECT_EQ(bytes.substr(0, 14), "#!AER-DAT4.0\r\n");
  const Table header(bytes, 14, "IOHE");
  EXPECT_EQ(number_at<int32_t>(bytes, header.field(0)), 0) << "compression";
  const size_t table_at = static_cast<size_t>(number_at<int64_t>(bytes, header.field(1)));
  const size_t text = header.reference(2);
  const std::string xml = bytes.substr(text + 4, number_at<uint32_t>(bytes, text));
  EXPECT_NE(xml.find(R"(<attr key="typeIdentifier" type="string">EVTS</attr>)"), std::string::npos) << xml;

  const Table table(bytes, table_at, "FTAB");
  EXPECT_EQ(table_at + table.size(), bytes.size());
  const size_t packets = table.reference(0);
  size_t at = 14 + header.size(), listed = 0;
  for (; at < table_at; ++listed) {
    const int32_t stream = number_at<int32_t>(bytes, at), size = number_at<int32_t>(bytes, at + 4);
    const Table packet(bytes, at + 8, "EVTS");
    EXPECT_EQ(packet.size(), static_cast<size_t>(size));
    const size_t vector = packet.reference(0), count = number_at<uint32_t>(bytes, vector);
    EXPECT_EQ((vector + 4 - (at + 8)) % 8, 0U) << "64-bit times lie at multiples of eight";
    for (size_t i = 0; i < count; ++i) {
      const size_t event = vector + 4 + 16 * i;
      events.push_back({number_at<int64_t>(bytes, event), static_cast<uint16_t>(number_at<int16_t>(bytes, event + 8)),
                        static_cast<uint16_t>(number_at<int16_t>(bytes, event + 10)),
                        number_at<uint8_t>(bytes, event + 12) != 0});
    }
    // The same packet in the table at the end.
    const size_t place = packets + 4 + 4 * listed;
    const Table definition(bytes, place + number_at<uint32_t>(bytes, place));
    EXPECT_EQ(number_at<int64_t>(bytes, definition.field(0)), static_cast<int64_t>(at + 8));
    EXPECT_EQ((definition.field(0) - table_at) % 8, 0U);
    EXPECT_EQ(number_at<int32_t>(bytes, definition.field(1)), stream);
    EXPECT_EQ(number_at<int32_t>(bytes, definition.field(1) + 4), size);
    EXPECT_EQ(number_at<int64_t>(bytes, definition.field(2)), static_cast<int64_t>(count));
    EXPECT_EQ(number_at<int64_t>(bytes, definition.field(3)), events[events.size() - count].time_us);
    EXPECT_EQ(number_at<int64_t>(bytes, definition.field(4)), events.back().time_us);
    at += 8 + static_cast<size_t>(size);
  }
  EXPECT_EQ(at, table_at);
  EXPECT_EQ(number_at<uint32_t>(bytes, packets), listed);
  return events;
}

/// Events in the order of their times: single ones, rows that change together, long pauses.
std::vector<Event> random_events(uint64_t seed, int width, int height, size_t count) {
  host::CounterRandom random(seed, 0);
  std::vector<Event> events;
  int64_t time = random.below(3) * 10'000'000;
  while (events.size() < count) {
    const auto y = static_cast<uint16_t>(random.below(static_cast<uint32_t>(height)));
    const bool on = random.below(2) == 1;
    if (random.below(3) == 0) {
      const uint32_t share = 1 + random.below(8);
      for (int x = static_cast<int>(random.below(static_cast<uint32_t>(width))); x < width && random.below(40) != 0;
           ++x)
        if (random.below(8) < share) events.push_back({time, static_cast<uint16_t>(x), y, on});
    } else {
      events.push_back({time, static_cast<uint16_t>(random.below(static_cast<uint32_t>(width))), y, on});
    }
    if (random.below(4) != 0) time += random.below(random.below(200) == 0 ? 40'000'000 : 300);
  }
  return events;
}

class EventWriters : public testing::TestWithParam<const char*> {
 protected:
  void TearDown() override { fs::remove(path_); }

  std::vector<Event> decode() const {
    return path_.extension() == ".raw" ? decode_evt3(bytes_of(path_)) : decode_aedat4(bytes_of(path_));
  }

  fs::path path_ = fs::temp_directory_path() /
                   ("flashcell_writer_" + std::to_string(getpid()) + "_" + std::to_string(counter_++) + GetParam());

 private:
  static inline int counter_ = 0;
};

TEST_P(EventWriters, EveryEventComesBackInItsOrder) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const std::vector<Event> events = random_events(seed, 1280, 720, 20'000);
    const auto writer = write_events(path_, 1280, 720);
    const std::span<const Event> all(events);
    for (size_t i = 0; i < all.size(); i += 777) writer->write(all.subspan(i, std::min<size_t>(777, all.size() - i)));
    writer->finish();
    ASSERT_EQ(decode(), events) << "seed " << seed;
  }
}

TEST_P(EventWriters, NoEventsAreAWholeFile) {
  write_events(path_, 64, 48)->finish();
  EXPECT_TRUE(decode().empty());
}

TEST_P(EventWriters, NothingLiesUnderTheNameBeforeTheEnd) {
  {
    const auto writer = write_events(path_, 64, 48);
    writer->write(random_events(1, 64, 48, 100));
    EXPECT_FALSE(fs::exists(path_));
  }
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_FALSE(fs::exists(path_.string() + ".part"));
}

TEST_P(EventWriters, EventsOutsideOfTheSensorAndTimesThatRunBackAreRefused) {
  const auto writer = write_events(path_, 64, 48);
  const Event outside{5, 64, 0, true}, late{7, 0, 0, true}, early{6, 0, 0, true};
  EXPECT_THROW(writer->write(std::span(&outside, 1)), Error);
  writer->write(std::span(&late, 1));
  EXPECT_THROW(writer->write(std::span(&early, 1)), Error);
}

INSTANTIATE_TEST_SUITE_P(Formats, EventWriters, testing::Values(".raw", ".aedat4"),
                         [](const auto& format) { return std::string(format.param).substr(1); });

TEST(EventWriter, ANameOfNoFormatIsRefused) {
  EXPECT_THROW(write_events("events.txt", 64, 48), Error);
}

TEST(EventWriter, AFolderThatIsNotThereIsOneLine) {
  EXPECT_THROW(write_events("/nowhere/at/all/events.raw", 64, 48), Error);
}

TEST(EventWriter, Evt3TakesVectorsWhereTheyPay) {
  const fs::path path = fs::temp_directory_path() / ("flashcell_vectors_" + std::to_string(getpid()) + ".raw");
  std::vector<Event> row;
  for (uint16_t x = 0; x < 1200; ++x) row.push_back({1, x, 3, true});
  const auto writer = write_events(path, 1280, 720);
  writer->write(row);
  writer->finish();
  const std::string bytes = bytes_of(path);
  fs::remove(path);
  EXPECT_EQ(decode_evt3(bytes), row);
  // The text, two words of time, one of the row, one of the vector's beginning, a hundred of twelve pixels each.
  EXPECT_EQ(bytes.size() - (bytes.find("% end\n") + 6), 2U * (1 + 1 + 1 + 1 + 100));
}

}  // namespace
}  // namespace flashcell
