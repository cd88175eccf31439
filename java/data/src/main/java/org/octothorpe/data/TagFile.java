package org.octothorpe.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.octothorpe.data.curation.CaptionTags;
import org.octothorpe.io.JsonFault;

/**
 * The label files of an image: {@code {"tags": [...]}} or {@code {"caption": "text with #tags"}} as
 * JSON, or a class id as text.
 */
final class TagFile {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private TagFile() {}

  /** A label file that breaks its format; the message is the reason. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String reason) {
      super(reason);
    }
  }

  /** Returns the object that the bytes hold. */
  static JsonNode object(byte[] json) throws Malformed {
    try {
      JsonNode node = JSON.readTree(json);
      if (node == null || !node.isObject()) {
        throw new Malformed("it is no JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new Malformed("it is no JSON: " + JsonFault.reason(e));
    } catch (IOException e) {
      throw new Malformed("it is no JSON: " + e.getMessage());
    }
  }

  /** Returns the folded tags of an object: its tags, or those in its caption. */
  static List<String> tags(JsonNode object) throws Malformed {
    JsonNode array = object.get("tags");
    JsonNode caption = object.get("caption");
    if (array == null && caption != null && caption.isTextual()) {
      return CaptionTags.of(caption.textValue());
    }
    if (array == null || !array.isArray()) {
      throw new Malformed("it has no array \"tags\"");
    }
    List<String> tags = new ArrayList<>(array.size());
    for (JsonNode tag : array) {
      if (!tag.isTextual()) {
        throw new Malformed("its \"tags\" hold " + tag + ", which is no string");
      }
      tags.add(tag.textValue());
    }
    return Hashtags.foldAll(tags);
  }

  /** Returns the id of an object, a string or an integer; {@code otherwise} if it has none. */
  static String id(JsonNode object, String otherwise) throws Malformed {
    JsonNode id = object.get("id");
    if (id == null || id.isNull()) {
      return otherwise;
    }
    boolean name = id.isTextual() || id.isIntegralNumber();
    if (!name || id.asText().isEmpty()) {
      throw new Malformed("its \"id\" is " + id + ", but must be a string or an integer");
    }
    return id.asText();
  }

  /** Returns how often the image of an object appears in an epoch, 1 if it does not say so. */
  static double repeat(JsonNode object) throws Malformed {
    JsonNode repeat = object.get("repeat");
    if (repeat == null) {
      return 1;
    }
    double value = repeat.isNumber() ? repeat.doubleValue() : Double.NaN;
    if (!(value >= 0 && value <= RepeatFactor.MOST)) {
      throw new Malformed(
          "its \"repeat\" is "
              + repeat
              + ", but must be a number in [0, "
              + (long) RepeatFactor.MOST
              + "]");
    }
    return value;
  }

  /** Returns the class id that the text of a .cls file holds. */
  static int classId(byte[] bytes) throws Malformed {
    String text = new String(bytes, StandardCharsets.US_ASCII).strip();
    try {
      int id = Integer.parseInt(text);
      if (id >= 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Not a number: refused below with its text.
    }
    throw new Malformed(
        "its class is '"
            + (text.length() > 40 ? text.substring(0, 40) + "..." : text)
            + "', but must be an integer >= 0");
  }
}
