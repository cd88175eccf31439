package org.octothorpe.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.common.CommandFailure;

/** A record read from JSON that people may have edited: what does not fit is named. */
final class RecordJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int SHOWN_CHARACTERS = 40;

  private RecordJson() {}

  /**
   * Returns the record.
   *
   * @param what it is, for messages, such as "settings of a run"
   * @throws CommandFailure if a field is missing, unknown or of another type; names file and fields
   */
  static <T extends Record> T read(JsonNode json, Class<T> type, Path file, String what) {
    List<String> faults = new ArrayList<>();
    if (!json.isObject()) {
      faults.add("it must be an object in braces");
    } else {
      for (RecordComponent field : type.getRecordComponents()) {
        String fault = fault(field.getType(), json.get(field.getName()));
        if (fault != null) {
          faults.add("\"" + field.getName() + "\" " + fault);
        }
      }
      List<String> known =
          Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
      json.fieldNames()
          .forEachRemaining(
              name -> {
                if (!known.contains(name)) {
                  faults.add("\"" + name + "\" is unknown to this version");
                }
              });
    }
    if (!faults.isEmpty()) {
      throw new CommandFailure(
          file + " does not hold the " + what + ": " + String.join("; ", faults));
    }
    try {
      return MAPPER.treeToValue(json, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(file + " passed its check, but cannot be read", e);
    }
  }

  /** Returns what is wrong with a value, or null. */
  private static @Nullable String fault(Class<?> type, @Nullable JsonNode value) {
    if (value == null) {
      return "is missing";
    }
    String must;
    boolean fits;
    if (type == int.class || type == long.class) {
      must = "a whole number" + (type == int.class ? " below 2^31" : "");
      fits =
          value.isIntegralNumber()
              && (type == int.class ? value.canConvertToInt() : value.canConvertToLong());
    } else if (type == double.class) {
      must = "a number";
      fits = value.isNumber();
    } else if (type == boolean.class) {
      must = "true or false";
      fits = value.isBoolean();
    } else if (type == List.class) {
      must = "a list of texts, at least one";
      fits =
          value.isArray()
              && !value.isEmpty()
              && StreamSupport.stream(value.spliterator(), false).allMatch(JsonNode::isTextual);
    } else if (type.isEnum()) {
      List<String> names =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> ((Enum<?>) constant).name())
              .toList();
      must = "one of " + names.stream().map(n -> "\"" + n + "\"").collect(Collectors.joining(", "));
      fits = value.isTextual() && names.contains(value.asText());
    } else {
      must = "a text";
      fits = value.isTextual();
    }
    return fits ? null : "is " + shown(value) + ", but must be " + must;
  }

  private static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "...";
  }
}
