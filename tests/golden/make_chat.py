#!/usr/bin/env python3
"""Make the references of chat templates with transformers' apply_chat_template.

    make_chat.py DIR [MODELS]

DIR/NAME/ is a model's folder as far as texts go (a tokenizer trained here, a template as
it is published, cut down to what has to do with texts), DIR/NAME.jsonl has conversations
with the ids that transformers makes of them. MODELS has the models smollm2 and gemma3:
their own tokenizers make DIR/smollm2.jsonl and DIR/gemma3-own.jsonl.

Llama 3.1's and 3.2's templates ask for today's date where they can: here they cannot.
"""
import json
import os
import sys

from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\\n' }}{% endif %}")
SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\\n' }}{% endif %}" + CHATML[len("{% for message in messages %}"):])
QWEN25 = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
LLAMA2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
    "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}"
    "{% endif %}{% endfor %}")
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != "
    "(loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate "
    "user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}"
    "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ message['content'] + eos_token}}{% else %}"
    "{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}")
MISTRAL1 = """{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}

{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message['role'] == 'user' %}
        {%- if loop.first and system_message is defined %}
            {{- ' [INST] ' + system_message + '\\n\\n' + message['content'] + ' [/INST]' }}
        {%- else %}
            {{- ' [INST] ' + message['content'] + ' [/INST]' }}
        {%- endif %}
    {%- elif message['role'] == 'assistant' %}
        {{- ' ' + message['content'] + eos_token}}
    {%- endif %}
{%- endfor %}
"""
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    "+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}"
    "{% endif %}")
LLAMA31 = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}"
    "{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n'"
    " + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}")
GEMMA3 = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {{ message['content'] | trim }}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
"""
# The published one has "{%- if message['content'] is string -%}" around: the same text.
GEMMA3 = GEMMA3.replace("    {{ message", "    {%- if true -%}\n{{ message").replace(
    "| trim }}\n", "| trim }}\n    {%- endif -%}\n")

IM = ["<|im_start|>", "<|im_end|>"]
HEADER = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
TURN = ["<start_of_turn>", "<end_of_turn>"]
# name: template, its tokens, the first and last token of a text
KINDS = {
    "chatml": (CHATML, IM, None, "<|im_end|>"),
    "smollm": (SMOLLM2, IM, "<|im_start|>", "<|im_end|>"),
    "qwen25": (QWEN25, IM, None, "<|im_end|>"),
    "llama2": (LLAMA2, [], "<s>", "</s>"),
    "mistral": (MISTRAL, [], "<s>", "</s>"),
    "mistral1": (MISTRAL1, [], "<s>", "</s>"),
    "llama3": (LLAMA3, HEADER, "<|begin_of_text|>", "<|eot_id|>"),
    "llama31": (LLAMA31, HEADER, "<|begin_of_text|>", "<|eot_id|>"),
    "gemma": (GEMMA, TURN, "<bos>", "<eos>"),
    "gemma3": (GEMMA3, TURN, "<bos>", "<eos>"),
}
USERS = ["Why is the sky blue?", "", " ", "\n\nHello\n\n", "  two  spaces  ", "\u3000\u00a0wide\x1c\n",
         "line\n  next", "1234", "'s", "\u00e9t\u00e9 \U0001f600", "\tx\r\n", "[INST] x [/INST]",
         "<<SYS>>\nno\n<</SYS>>", "a\u200b"]
SYSTEMS = [None, "Be brief.", "", "  Padded \n"]
TURNS = [[], [("1+1?", "2"), (" 2+2? ", " 4\n")], [("", "")]]


def conversations():
    for system in SYSTEMS:
        for turns in TURNS:
            for user in USERS if system != "" else USERS[:3]:
                yield system, turns, user


def messages(system, turns, user):
    out = [] if system is None else [{"role": "system", "content": system}]
    for question, answer in turns:
        out += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return out + [{"role": "user", "content": user}]


def write(path, tokenizer, template, takes_system):
    with open(path, "w", encoding="utf-8") as out:
        for system, turns, user in conversations():
            if system is not None and not takes_system:
                continue
            ids = tokenizer.apply_chat_template(
                messages(system, turns, user), chat_template=template, tokenize=True,
                add_generation_prompt=True, return_dict=False)
            line = {"system": system, "turns": turns, "user": user, "ids": ids}
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def folder(directory, name, template, tokens, bos, eos):
    base = Tokenizer.from_file(os.path.join(os.path.dirname(sys.argv[0]), "bpe/llama3.json"))
    extra = [t for t in dict.fromkeys(tokens + [bos, eos]) if t]
    base.add_special_tokens(extra)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=base, bos_token=bos, eos_token=eos)
    os.makedirs(f"{directory}/{name}", exist_ok=True)
    base.save(f"{directory}/{name}/tokenizer.json", pretty=False)
    config = {"bos_token": bos and {"content": bos}, "eos_token": eos}
    if name == "llama3":  # the newer place, a file of its own
        with open(f"{directory}/{name}/chat_template.jinja", "w", encoding="utf-8") as out:
            out.write(template)
    elif name == "qwen25":  # one of several
        config["chat_template"] = [{"name": "tool_use", "template": "{{ 1 }}"},
                                   {"name": "default", "template": template}]
    else:
        config["chat_template"] = template
    with open(f"{directory}/{name}/tokenizer_config.json", "w", encoding="utf-8") as out:
        json.dump(config, out, ensure_ascii=False)
        out.write("\n")
    write(f"{directory}/{name}.jsonl", tokenizer, template, name not in ("gemma", "mistral"))


def own(directory, path, name, template):
    parent, file = os.path.split(path)
    tokenizer = AutoTokenizer.from_pretrained(parent, gguf_file=file)
    if name == "smollm2":  # "smollm" in the file, which transformers takes for "gpt2"
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(False)])
    write(f"{directory}/{name}.jsonl", tokenizer, template, True)


def main():
    directory = sys.argv[1]
    for name, kind in KINDS.items():
        folder(directory, name, *kind)
    if len(sys.argv) > 2:
        own(directory, f"{sys.argv[2]}/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2", None)
        own(directory, f"{sys.argv[2]}/gemma3/gemma-3-270m-q4_k_m.gguf", "gemma3-own", GEMMA3)


main()
