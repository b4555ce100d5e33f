using Google.Protobuf.Reflection;
using PeerNet.Core.Wire;

namespace PeerNet.UnitTests.Protocols.Wire;

/// <summary>Compares what the guard knows of a message with what the parser does with it.</summary>
internal static class MessageShapes
{
    /// <summary>
    /// Every field that the parser keeps has a description, and what the parser descends into the guard descends into: else a peer could get
    /// something past it.
    /// </summary>
    public static void AssertCovers(MessageShape shape, MessageDescriptor message)
    {
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            var described = shape.Fields.SingleOrDefault(f => f.Number == field.FieldNumber);
            Assert.IsNotNull(described, $"{message.Name}.{field.Name} is not described");
            Assert.AreEqual(field.FieldType == FieldType.Message, described.Nested is not null, $"{message.Name}.{field.Name}");
            if (field.IsRepeated)
                Assert.IsGreaterThan(MessageShape.MaxSingular, described.MaxCount, $"{message.Name}.{field.Name} is repeated");
            if (described.Nested is not null)
                AssertCovers(described.Nested, field.MessageType);
        }

        foreach (var described in shape.Fields)
            Assert.IsNotNull(message.FindFieldByNumber(described.Number), $"{message.Name} has no field {described.Number}");
    }
}
