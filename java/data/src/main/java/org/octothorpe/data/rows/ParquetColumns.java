package org.octothorpe.data.rows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.sources.IdScopes;
import org.octothorpe.data.tags.TagFile;

/** The columns of a Parquet file that make a row. */
final class ParquetColumns {
  static final String IMAGE = "image";
  static final Set<String> KNOWN = Set.of("id", "file", "offset", "bytes", "tags", "caption");

  private final Path path;
  private final String scope;
  private final MessageType schema;
  private final boolean inTable;

  /**
   * Checks the columns.
   *
   * @param scope as {@link RowFile#scope}
   * @param schema of the columns that are read
   * @param all columns of the file
   * @throws IllegalArgumentException if there are not enough of them, or of another type
   */
  ParquetColumns(Path path, String scope, MessageType schema, MessageType all) {
    this.path = path;
    this.scope = scope;
    this.schema = schema;
    this.inTable = !all.containsField("file");
    require(
        all.containsField("tags") || all.containsField("caption"),
        "it has neither a column tags nor caption");
    require(!inTable || all.containsField(IMAGE), "it has neither a column file nor image");
    for (String name : List.of("file", "caption")) {
      require(
          !schema.containsField(name)
              || isPrimitive(schema.getType(name), PrimitiveTypeName.BINARY),
          "its column " + name + " is not a string");
    }
    if (schema.containsField(IMAGE)) {
      Type image = schema.getType(IMAGE);
      boolean group = !image.isPrimitive() && image.asGroupType().containsField("bytes");
      require(
          isPrimitive(
              group ? image.asGroupType().getType("bytes") : image, PrimitiveTypeName.BINARY),
          "its column image holds no bytes");
    }
    for (String name : List.of("offset", "bytes")) {
      require(
          !schema.containsField(name) || isPrimitive(schema.getType(name), PrimitiveTypeName.INT64),
          "its column " + name + " is not an int64");
    }
    if (all.containsField("tags")) {
      Type tags = all.getType("tags");
      while (!tags.isPrimitive() && tags.asGroupType().getFieldCount() == 1) {
        tags = tags.asGroupType().getType(0);
      }
      require(
          isPrimitive(tags, PrimitiveTypeName.BINARY), "its column tags is not a list of strings");
    }
  }

  private static boolean isPrimitive(Type type, PrimitiveTypeName name) {
    return type.isPrimitive() && type.asPrimitiveType().getPrimitiveTypeName() == name;
  }

  private void require(boolean holds, String reason) {
    if (!holds) {
      throw new IllegalArgumentException(path + ": " + reason);
    }
  }

  MessageType schema() {
    return schema;
  }

  /** Returns how messages name a row. */
  static String place(long number) {
    return "row " + number;
  }

  /** Returns the row of a group. */
  Row row(Group group, long number, Consumer<String> notes) throws MalformedException {
    String place = place(number);
    String file = inTable ? "" : text(group, "file");
    if (!inTable && file == null) {
      throw new MalformedException("it has no file");
    }
    String id = text(group, "id");
    byte[] content = content(group);
    Location image = image(group, String.valueOf(file), number);
    if (id == null) {
      // Not the path of the table: the id must not change when the set is moved.
      id =
          inTable
              ? IdScopes.id(scope, MemberName.of(path.getFileName() + "#" + number))
              : TableImages.id(scope, String.valueOf(file))
                  + (image.bytes() == Location.WHOLE_FILE ? "" : "#" + image.offset());
    }
    boolean beside = image.bytes() == Location.WHOLE_FILE && !String.valueOf(file).startsWith("/");
    String name = beside ? TableImages.name(String.valueOf(file)) : "";
    return new Row(id, tags(group, notes), image, content, name, place, number);
  }

  private Location image(Group group, String file, long number) throws MalformedException {
    if (inTable) {
      return new Location(path.toString(), number, Location.IN_TABLE);
    }
    boolean absolute = file.startsWith("/") && !TableImages.leadsOutside(file.substring(1));
    Location image =
        absolute ? new Location(file, 0, Location.WHOLE_FILE) : TableImages.of(path, file);
    if (has(group, "offset") && has(group, "bytes")) {
      long offset = group.getLong("offset", 0);
      long bytes = group.getLong("bytes", 0);
      if (offset < 0 || bytes < 0) {
        throw new MalformedException("its image is at " + offset + " of " + bytes + " bytes");
      }
      return new Location(image.file(), offset, bytes);
    }
    return image;
  }

  private List<String> tags(Group group, Consumer<String> notes) throws MalformedException {
    if (has(group, "tags")) {
      List<String> texts = new ArrayList<>();
      strings(group, "tags", texts);
      return TagFile.split(texts, notes);
    }
    String caption = text(group, "caption");
    if (caption == null) {
      notes.accept("images with neither tags nor caption have no tags");
      return List.of();
    }
    return TagFile.captioned(caption, notes);
  }

  // Lists are stored with one or two levels of groups of a single field around the strings.
  private static void strings(Group group, String field, List<String> strings)
      throws MalformedException {
    Type type = group.getType().getType(field);
    for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
      if (type.isPrimitive()) {
        strings.add(TagFile.text(group.getBinary(field, i).getBytes()));
      } else {
        strings(group.getGroup(field, i), type.asGroupType().getFieldName(0), strings);
      }
    }
  }

  private byte @Nullable [] content(Group group) {
    if (!inTable || !has(group, IMAGE)) {
      return null;
    }
    if (schema.getType(IMAGE).isPrimitive()) {
      return group.getBinary(IMAGE, 0).getBytes();
    }
    Group image = group.getGroup(IMAGE, 0);
    return image.getFieldRepetitionCount("bytes") > 0
        ? image.getBinary("bytes", 0).getBytes()
        : null;
  }

  private @Nullable String text(Group group, String field) throws MalformedException {
    if (!has(group, field)) {
      return null;
    }
    return isPrimitive(schema.getType(field), PrimitiveTypeName.BINARY)
        ? TagFile.text(group.getBinary(field, 0).getBytes())
        : group.getValueToString(schema.getFieldIndex(field), 0);
  }

  private boolean has(Group group, String field) {
    return schema.containsField(field) && group.getFieldRepetitionCount(field) > 0;
  }
}
