package org.octothorpe.data.tags;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.internal.JsonFault;
import org.octothorpe.internal.TextInput;

/**
 * The label files of an image: {@code {"tags": [...]}}, {@code {"tags": "#a #b"}} or {@code
 * {"caption": "text with #tags"}} as JSON, or a class id as text.
 *
 * <p>Beyond JSON, numbers may be NaN, Infinity and -Infinity, as Python writes them. A field that
 * is read occurs once. Where tags and caption are null or NaN, or tags are and there is no caption,
 * the image has no tags.
 */
public final class TagFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
  private static final JsonFactory FACTORY = JSON.getFactory();
  private static final Set<String> READ = Set.of("id", "file", "tags", "caption", "repeat");
  private static final String NULL_TAGS = "images whose \"tags\" are null have no tags";
  private static final String NULL_CAPTION = "images whose \"caption\" is null have no tags";
  private static final String UTF_16 = "it is text in UTF-16, but must be in UTF-8";
  private static final int QUOTED = 60; // characters of a value in a message

  private TagFile() {}

  /** Returns the object that the bytes hold. */
  public static JsonNode object(byte[] json) throws MalformedException {
    if (TextInput.isUtf16(json)) { // where it has no byte order mark, valid UTF-8
      throw new MalformedException(UTF_16);
    }
    String text = text(json);
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MalformedException("it is not a JSON object");
      }
      ObjectNode object = JSON.createObjectNode();
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        parser.nextToken();
        if (READ.contains(name) && object.has(name)) {
          throw new MalformedException("it has \"" + name + "\" twice");
        }
        object.set(name, parser.<JsonNode>readValueAsTree());
      }
      if (followed(parser)) {
        throw new MalformedException("it is not JSON: text follows the object");
      }
      return object;
    } catch (JsonProcessingException e) {
      throw new MalformedException("it is not JSON: " + JsonFault.reason(e));
    } catch (IOException e) {
      throw new MalformedException("it is not JSON: " + e.getMessage());
    }
  }

  // What follows may be no JSON either, as the comma between the elements of an array.
  private static boolean followed(JsonParser parser) throws IOException {
    try {
      return parser.nextToken() != null;
    } catch (JsonProcessingException e) {
      return true;
    }
  }

  /** Returns the text that bytes hold. */
  public static String text(byte[] bytes) throws MalformedException {
    try {
      return TextInput.utf8(bytes);
    } catch (CharacterCodingException e) {
      throw new MalformedException(TextInput.isUtf16(bytes) ? UTF_16 : "it is not text in UTF-8");
    }
  }

  /**
   * Returns the folded tags of an object: its tags, or those in its caption.
   *
   * @param notes receives what was dropped, as {@link BadSamples.Note#what}
   */
  public static List<String> tags(JsonNode object, Consumer<String> notes)
      throws MalformedException {
    JsonNode tags = object.get("tags");
    JsonNode caption = object.get("caption");
    if (tags == null && caption == null) {
      throw new MalformedException("it has neither \"tags\" nor \"caption\"");
    }
    if (tags != null && !isNone(tags)) {
      return listed(tags, notes);
    }
    if (caption == null || isNone(caption)) {
      notes.accept(caption == null ? NULL_TAGS : NULL_CAPTION);
      return List.of();
    }
    if (!caption.isTextual()) {
      throw new MalformedException(
          "its \"caption\" is " + shown(caption) + ", which is not a string");
    }
    return captioned(caption.textValue(), notes);
  }

  private static List<String> listed(JsonNode tags, Consumer<String> notes)
      throws MalformedException {
    if (!tags.isArray() && !tags.isTextual()) {
      throw new MalformedException(
          "its \"tags\" are " + shown(tags) + ", but must be an array of strings, or a string");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode tag : tags.isArray() ? tags : List.of(tags)) {
      if (tag.isTextual() || isFinite(tag)) {
        texts.add(tag.asText()); // #2019
      } else if (!isNone(tag)) {
        throw new MalformedException("its \"tags\" hold " + shown(tag) + ", which is not a string");
      }
    }
    return split(texts, notes);
  }

  /** Returns the folded tags of texts, see {@link TagText}. */
  public static List<String> split(List<String> texts, Consumer<String> notes)
      throws MalformedException {
    TagText tags = new TagText(notes);
    try {
      texts.forEach(tags::add);
    } catch (IllegalArgumentException e) {
      throw new MalformedException(String.valueOf(e.getMessage()));
    }
    return tags.tags();
  }

  /** Returns the folded tags of a caption, see {@link CaptionTags}. */
  public static List<String> captioned(String caption, Consumer<String> notes)
      throws MalformedException {
    try {
      return CaptionTags.of(caption, notes);
    } catch (IllegalArgumentException e) {
      throw new MalformedException(String.valueOf(e.getMessage()));
    }
  }

  /** Returns whether it stands for a value that is missing: pandas writes NaN. */
  private static boolean isNone(JsonNode value) {
    return value.isNull() || (value.isNumber() && Double.isNaN(value.doubleValue()));
  }

  private static boolean isFinite(JsonNode value) {
    return value.isIntegralNumber() || (value.isNumber() && Double.isFinite(value.doubleValue()));
  }

  private static String shown(JsonNode value) {
    return Invisible.shown(value.isNumber() ? value.asText() : value.toString(), QUOTED);
  }

  /** Returns the id of an object, a string or an integer; {@code otherwise} if it has none. */
  public static String id(JsonNode object, String otherwise) throws MalformedException {
    JsonNode id = object.get("id");
    if (id == null || id.isNull()) {
      return otherwise;
    }
    boolean name = id.isTextual() || id.isIntegralNumber();
    if (!name || id.asText().isEmpty()) {
      throw new MalformedException(
          "its \"id\" is " + shown(id) + ", but must be a string or an integer");
    }
    return valid(id.asText(), "its \"id\"");
  }

  /** Returns a text that names something if it is valid Unicode. */
  public static String valid(String name, String what) throws MalformedException {
    if (!Invisible.isValid(name)) {
      throw new MalformedException(
          what + " is not valid Unicode: " + Invisible.shown(name, QUOTED));
    }
    return name;
  }

  /** Returns how often the image of an object appears in an epoch, 1 if it does not say so. */
  public static double repeat(JsonNode object) throws MalformedException {
    JsonNode repeat = object.get("repeat");
    if (repeat == null) {
      return 1;
    }
    double value = repeat.isNumber() ? repeat.doubleValue() : Double.NaN;
    if (!(value >= 0 && value <= RepeatFactor.MAX)) {
      throw new MalformedException(
          "its \"repeat\" is "
              + shown(repeat)
              + ", but must be a number in [0, "
              + (long) RepeatFactor.MAX
              + "]");
    }
    return value;
  }

  /** Returns the class id that the text of a .cls file holds. */
  public static int classId(byte[] bytes) throws MalformedException {
    String text = text(bytes).strip();
    try {
      int id = Integer.parseInt(text);
      if (id >= 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Not a number: refused below with its text.
    }
    throw new MalformedException(
        "its class is '" + Invisible.shown(text, 40) + "', but must be an integer >= 0");
  }
}
