package org.octothorpe.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.internal.JsonFault;

/**
 * The JSON header of a safetensors file.
 *
 * @param entries the tensors, in the header's order
 * @param metadata the {@code __metadata__} texts
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  private static final String METADATA = "__metadata__";
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** What a tensor is and where it lies in the buffer that follows the header. */
  static final class Entry {
    final String name;
    final DType dtype;
    final long[] shape;

    /** The first byte, counted from the end of the header. */
    final long begin;

    /** The byte after the last. */
    final long end;

    Entry(String name, DType dtype, long[] shape, long begin, long end) {
      this.name = name;
      this.dtype = dtype;
      this.shape = shape;
      this.begin = begin;
      this.end = end;
    }
  }

  /** Parses a header; offsets are checked against the tensor's size, not yet against the file. */
  static SafetensorsHeader parse(Path file, ByteBuffer bytes) throws IOException {
    try (JsonParser parser = JSON.createParser(decode(file, bytes))) {
      return new Parsing(file, parser).header();
    } catch (JsonProcessingException e) {
      throw new CorruptFileException(file, "header is not valid JSON: " + JsonFault.reason(e), e);
    }
  }

  /** Returns the header as JSON, without padding. */
  byte[] toJson() throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(METADATA);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      for (Entry entry : entries) {
        json.writeObjectFieldStart(entry.name);
        json.writeStringField("dtype", entry.dtype.name());
        json.writeFieldName("shape");
        json.writeArray(entry.shape, 0, entry.shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {entry.begin, entry.end}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String decode(Path file, ByteBuffer bytes) throws IOException {
    if (!bytes.hasRemaining() || bytes.get(bytes.position()) != '{') {
      throw new CorruptFileException(file, "header must start with '{'");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(file, "header is not valid UTF-8: " + e.getMessage(), e);
    }
  }

  /** One pass over the tokens. */
  private static final class Parsing {
    private final Path file;
    private final JsonParser parser;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Parsing(Path file, JsonParser parser) {
      this.file = file;
      this.parser = parser;
    }

    SafetensorsHeader header() throws IOException {
      expect("header", parser.nextToken(), JsonToken.START_OBJECT);
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        if (name.equals(METADATA)) {
          metadata();
        } else {
          entries.add(entry(name));
        }
      }
      if (parser.nextToken() != null) {
        throw new CorruptFileException(file, "header has text after its JSON object");
      }
      return new SafetensorsHeader(entries, metadata);
    }

    /** Values that are not texts break the format, but nothing here reads them. */
    private void metadata() throws IOException {
      if (parser.nextToken() == JsonToken.VALUE_NULL) {
        return;
      }
      expect(METADATA, parser.currentToken(), JsonToken.START_OBJECT);
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        if (parser.nextToken() == JsonToken.VALUE_STRING) {
          metadata.put(key, parser.getText());
        } else {
          parser.skipChildren();
        }
      }
    }

    private Entry entry(String name) throws IOException {
      String what = "tensor '" + name + "'";
      DType dtype = null;
      long[] shape = null;
      long[] offsets = null;
      expect(what, parser.nextToken(), JsonToken.START_OBJECT);
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        switch (key) {
          case "dtype" -> dtype = dtype(what);
          case "shape" -> shape = integers(what + " shape");
          case "data_offsets" -> offsets = integers(what + " data_offsets");
          default ->
              throw new CorruptFileException(
                  file, what + " has '" + key + "'; known are dtype, shape and data_offsets");
        }
      }
      return checked(name, what, dtype, shape, offsets);
    }

    private Entry checked(
        String name,
        String what,
        @Nullable DType dtype,
        long @Nullable [] shape,
        long @Nullable [] offsets)
        throws IOException {
      if (dtype == null || shape == null || offsets == null) {
        throw new CorruptFileException(file, what + " must have dtype, shape and data_offsets");
      }
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw new CorruptFileException(
            file,
            what
                + " data_offsets are "
                + Extents.text(offsets)
                + ", must be [begin,end] with begin <= end");
      }
      long bytes;
      try {
        bytes = Extents.bytes(dtype, shape);
      } catch (IllegalArgumentException e) {
        throw new CorruptFileException(file, what + ": " + e.getMessage(), e);
      }
      if (bytes != offsets[1] - offsets[0]) {
        throw new CorruptFileException(
            file,
            String.format(
                Locale.ROOT,
                "%s has data_offsets %s, %d bytes, but %s %s needs %d",
                what,
                Extents.text(offsets),
                offsets[1] - offsets[0],
                dtype,
                Extents.text(shape),
                bytes));
      }
      return new Entry(name, dtype, shape, offsets[0], offsets[1]);
    }

    private DType dtype(String what) throws IOException {
      expect(what + " dtype", parser.nextToken(), JsonToken.VALUE_STRING);
      try {
        return DType.valueOf(parser.getText());
      } catch (IllegalArgumentException e) {
        throw new CorruptFileException(
            file,
            String.format(
                Locale.ROOT,
                "%s has dtype '%s', must be one of %s",
                what,
                parser.getText(),
                Arrays.toString(DType.values())),
            e);
      }
    }

    private long[] integers(String what) throws IOException {
      expect(what, parser.nextToken(), JsonToken.START_ARRAY);
      long[] values = new long[8];
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        expect(what, parser.currentToken(), JsonToken.VALUE_NUMBER_INT);
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
          throw new CorruptFileException(
              file,
              String.format(
                  Locale.ROOT,
                  "%s has a number above %d, the most there is",
                  what,
                  Long.MAX_VALUE));
        }
        long value = parser.getLongValue();
        if (value < 0) {
          throw new CorruptFileException(file, what + " has " + value + ", must be >= 0");
        }
        if (count == values.length) {
          values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = value;
      }
      return Arrays.copyOf(values, count);
    }

    private void expect(String what, @Nullable JsonToken found, JsonToken wanted)
        throws IOException {
      if (found != wanted) {
        throw new CorruptFileException(
            file, "%s is %s in the header, must be %s".formatted(what, word(found), word(wanted)));
      }
    }

    private static String word(@Nullable JsonToken token) {
      if (token == null) {
        return "cut";
      }
      return switch (token) {
        case START_OBJECT -> "an object";
        case START_ARRAY -> "a list";
        case VALUE_STRING -> "a text";
        case VALUE_NUMBER_INT -> "a whole number";
        case VALUE_NUMBER_FLOAT -> "a number with a fraction";
        case VALUE_TRUE, VALUE_FALSE -> "a truth value";
        case VALUE_NULL -> "null";
        default -> "of another kind";
      };
    }
  }
}
